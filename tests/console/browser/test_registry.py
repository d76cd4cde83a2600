"""The platform's admin in a real browser: the global order by keyboard and by mouse, and one buildpack's page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from buildpacks import registry
from buildpacks.models import Buildpack
from runtimes.models import App, Stack
from tests.console import factories as make
from tests.console.browser.axe import barriers

pytestmark = pytest.mark.e2e


@pytest.fixture
def admin(shop: App, visit: Callable[..., Page]) -> Callable[..., Page]:
    """Visits as the platform's admin, with a registry of buildpacks that are ready, broken and on their way."""
    registry.sync()
    make.user("root", is_superuser=True)
    facts = {"kind": "git", "url": "https://git.example.com/ruby.git", "pin": "3f9c2ab" * 5}
    Buildpack.objects.create(name="ruby", position=60, problem="It cannot be reached: " + "x" * 90, **facts)
    Buildpack.objects.create(name="go", position=70, archive="kept", enabled=False, **facts)
    Buildpack.objects.create(name="php", position=80, kind="upload")
    images = {"build_from": "host.example.com/base:build", "run_from": "host.example.com/base:run"}
    Stack.objects.create(name="theirs", identifier="heroku-24", problem="It cannot be fetched: " + "x" * 90, **images)
    Stack.objects.create(name="new", identifier="heroku-24", **images)
    return lambda path, **options: visit(path, "root", **options)


def test_the_registry_is_ordered_by_keyboard_and_by_mouse(admin: Callable[..., Page]) -> None:
    page = admin("/admin/buildpacks")
    page.locator("#up-python").press("Enter")
    names = page.locator(".order-row strong")
    expect(names.nth(1)).to_have_text("python")
    expect(page.locator("#up-python")).to_be_focused()
    rows = page.locator(".order-row")
    rows.nth(1).locator(".order-handle").drag_to(rows.nth(0), target_position={"x": 20, "y": 2})
    expect(names.first).to_have_text("python")
    expect(page.locator("#up-python")).to_be_disabled()
    assert [each.name for each in registry.usable()][:3] == ["python", "apt", "nodejs"]


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_pages_of_the_admin_are_sound(
    width: int, theme: str, admin: Callable[..., Page], complaints: list[str]
) -> None:
    keys = dict(Buildpack.objects.values_list("name", "pk"))
    page = admin("/", viewport={"width": width, "height": 800}, color_scheme=theme)
    addresses = [
        "/admin/buildpacks",
        "/admin/stacks",
        *(f"/admin/buildpacks/{keys[name]}/" for name in ("ruby", "php")),
    ]
    for address in addresses:
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is too wide"
        assert barriers(page) == [], address
    assert complaints == []
