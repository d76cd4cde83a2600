"""An app's list of buildpacks in a browser, arranged by keyboard and by mouse; the next deploy builds in that order."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import browsing
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "both"
ADDRESS = f"/apps/{APP}/buildpacks/"
MOST_TABS = 80

# A front end and a back end that install nothing: what takes time is none of this test's business.
PACKAGE = json.dumps({"name": "front", "version": "1.0.0", "scripts": {"build": "node --version"}})
SOURCE = archive(pages("Both are here") | {"package.json": PACKAGE})

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def app(admin: Person) -> str:
    """An app that Node and Python build, with both in its list."""
    admin.create(APP, SOURCE)
    admin.arrange(APP, "nodejs", "python")
    return APP


@pytest.fixture(scope="module")
def visit(browser: Browser, installation: Installation, app: str) -> Iterator[Visit]:
    """Opens the app's list of buildpacks as somebody who is signed in, in a browser of their own."""
    with ExitStack() as opened:

        def open_list(password: str = "", name: str = "admin") -> Page:
            theirs = browsing.signed_in(browser, installation.url, password or installation.password, name)
            page = opened.enter_context(theirs)
            page.goto(f"{installation.url}{ADDRESS}")
            return page

        yield open_list


def names(page: Page) -> list[str]:
    """The list as it is shown."""
    return page.locator(".order-row strong").all_inner_texts()


def deploy(page: Page) -> list[str]:
    """Deploy, and see to its end; the steps that the buildpacks had, in their order."""
    page.get_by_role("button", name="Deploy", exact=True).click()
    assert "is live" in browsing.wait_until_over(page)
    steps: list[str] = page.locator("#deploy-steps [data-name]").evaluate_all(
        "all => all.map(step => step.dataset.name)"
    )
    return steps[steps.index("Detect") + 1 : steps.index("Package slug")]


def test_an_admin_moves_python_before_node_by_keyboard_and_the_next_deploy_builds_in_that_order(visit: Visit) -> None:
    page = visit()
    assert names(page) == ["nodejs", "python"]
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "up-python":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".order-row strong").first).to_have_text("python")
    expect(page.get_by_text("python builds first, and nodejs builds last")).to_be_visible()
    assert deploy(page) == ["Python", "Node.js"]


def test_an_admin_drags_node_before_python_and_the_next_deploy_builds_in_that_order(visit: Visit) -> None:
    page = visit()
    assert names(page) == ["python", "nodejs"]
    handle = page.locator("[data-name=nodejs] .order-handle").bounding_box()
    above = page.locator("[data-name=python]").bounding_box()
    assert handle
    assert above
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(above["x"] + 40, above["y"] + above["height"] / 2, steps=5)
    page.mouse.move(above["x"] + 40, above["y"] + 3, steps=5)
    page.mouse.up()
    expect(page.get_by_text("nodejs builds first, and python builds last")).to_be_visible()
    assert names(page) == ["nodejs", "python"]
    assert deploy(page) == ["Node.js", "Python"]


def test_a_list_that_somebody_else_changed_meanwhile_is_not_overwritten(visit: Visit) -> None:
    mine, theirs = visit(), visit()
    before = names(mine)
    theirs.locator(f"#down-{before[0]}").click()
    expect(theirs.locator(".order-row strong").first).to_have_text(before[1])
    mine.locator(f"#up-{before[1]}").click()
    expect(mine.get_by_text("Somebody has changed the list in the meantime. Reload the page")).to_be_visible()
    mine.reload()
    assert names(mine) == before[::-1]


def test_a_preview_says_which_buildpacks_recognise_the_source_and_builds_nothing(
    visit: Visit, installation: Installation
) -> None:
    page = visit()
    before = installation.rows("SELECT id FROM builds_build")
    page.get_by_role("button", name="Preview detection").click()
    found = page.locator("#detection").get_by_role("button", name="Make these the list")
    expect(found).to_be_visible(timeout=browsing.PATIENCE_MILLISECONDS)  # a container looks
    assert page.locator("#detection .tag").all_inner_texts() == ["nodejs", "python"]
    assert installation.rows("SELECT id FROM builds_build") == before


def test_a_member_sees_the_list_and_who_may_change_it_and_is_refused(visit: Visit, admin: Person) -> None:
    page = visit(admin.welcome("mark", "member"), "mark")
    shown = names(page)
    assert sorted(shown) == ["nodejs", "python"]
    expect(page.get_by_text("Admins of the team can change the order.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^(Move|Remove) "))).to_have_count(0)
    expect(page.locator(".order-handle")).to_have_count(0)
    token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
    form: dict[str, str | float | bool] = {"names": "python", "do": "remove python", "csrfmiddlewaretoken": token}
    assert page.request.post(f"{admin.installation.url}/apps/{APP}/buildpacks/arrange", form=form).status == 403
    page.reload()
    assert names(page) == shown
