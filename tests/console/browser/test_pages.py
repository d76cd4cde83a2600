"""Every page in a real browser: nothing breaks the policy, nothing is wider than a phone, keys work."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from buildpacks import registry
from builds.models import AppBuildpack
from console import invitations
from console.activity import record
from console.urls import urlpatterns
from runtimes import bell
from runtimes.models import App, Instance, Process
from tests.console import factories as make
from tests.console.browser.axe import barriers, check_colours
from tests.console.browser.test_viewer import elsewhere

pytestmark = pytest.mark.e2e
# What stands in for the parts of an address; pages that show more in another way of asking stand below.
PARTS = {"name": "shop", "number": "1", "process": "web", "pk": "1", "invitation": "1", "token": "none"}
MORE = (
    "/apps/shop/deploys/2/",
    "/apps/shop/compare?environment=production&to=staging",
    "/apps/shop/config/remove?key=TOKEN",
)


def pages(client: Client) -> list[str]:
    """The address of every route that answers with a whole page, and `MORE`."""
    asked = ["/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS[part[1]], str(each.pattern)) for each in urlpatterns]
    answers = {address: client.get(address, SERVER_NAME="localhost") for address in asked if "/logout" not in address}
    found = [address for address, answer in answers.items() if _is_page(answer)]
    assert {"/", "/apps/shop/", "/teams/1/", "/admin/people"} <= set(found)
    return [*found, *MORE]


def _is_page(answer: Any) -> bool:
    return answer.status_code == 200 and b"<!doctype html>" in getattr(answer, "content", b"")[:200]


@pytest.mark.parametrize(("width", "theme", "other"), [(1280, "light", "dark"), (390, "dark", "light")])
def test_pages_are_sound(
    width: int,
    theme: Literal["light", "dark"],
    other: Literal["light", "dark"],
    shop: App,
    visit: Callable[..., Page],
    client: Client,
    complaints: list[str],
) -> None:
    registry.sync()
    make.deploy(shop, lines=[(0, "one")])
    make.deploy(shop, "failed", lines=[(4, "error: " + "long " * 200)], failure="It broke.")
    make.instances(shop, "web", ["up", "crashed"], exit_code=137, oom=True, crashes=3)
    make.printed(shop, [("web.1", "hello")])
    make.run(shop, "echo " + "long " * 100, "failed", exit_code=3, failure="It broke.", lines=["hello"])
    client.force_login(root := make.user("root", is_superuser=True))
    make.shell(shop, root, "open")
    shop.environments.create(name="staging")
    make.domains(shop)
    make.credentials(shop.team, "a-long-name-of-30-characters-x", "registry.with.a.long.name.example.com:5000")
    shop.config_vars.create(key="TOKEN", value="long-" * 60)
    record(make.known("alice"), "config-set", environment=shop.production, target="A_NAME, " * 20, role="member")
    _, token = invitations.invite(shop.team, "viewer", make.known("alice"))
    looks = {"viewport": {"width": width, "height": 800}, "color_scheme": theme, "reduced_motion": "reduce"}
    page = visit("/", "root", **looks)
    for address in [*pages(client), f"/invitations/{token}/"]:
        page.goto(address)
        expect(page.locator("h1, h2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is too wide"
        assert barriers(page) == [], address
        check_colours(page, other)
        page.emulate_media(color_scheme=theme)
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_shown_this_once_fits_the_page_and_leaves_with_it(
    width: int, shop: App, visit: Callable[..., Page], complaints: list[str]
) -> None:
    shop.config_vars.create(key="TOKEN", value="long-" * 60 + "\nline")
    page = visit("/apps/shop/config/", viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Reveal TOKEN").click()
    expect(page.locator(".revealed")).to_contain_text("long-long-")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.get_by_role("link", name="Hide").click()
    expect(page.locator(".revealed")).to_have_count(0)
    page.goto(f"/teams/{shop.team_id}/")
    page.get_by_role("button", name="Make an invitation").click()
    expect(page.locator(".told")).to_contain_text("/invitations/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    assert complaints == []


def test_the_list_of_keys_opens_and_closes(shop: App, visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.locator("body").press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()


def test_how_long_ago_is_kept_true_in_the_words_of_the_page(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop, ago=timedelta(minutes=5))
    page = visit("/apps/shop/deploys/")
    page.clock.install()
    page.reload()
    moment = page.locator("#main time[data-ago]").first
    expect(moment).to_have_text("5 min ago")
    page.evaluate("document.body.setAttribute('data-ago-3600', 'vor %d h')")
    page.clock.fast_forward("02:00:00")
    expect(moment).to_have_text("vor 2 h")


def test_a_key_deploys_only_after_a_yes(shop: App, visit: Callable[..., Page]) -> None:
    page = visit("/apps/shop/")
    page.locator("body").press("d")
    page.get_by_role("button", name="Keep things as they are").click()
    assert not shop.journals.exists()
    page.locator("body").press("d")
    page.locator("#confirm-yes").click()
    page.wait_for_url("**/apps/shop/deploys/1/")


def test_a_question_outlives_news_that_were_on_their_way_when_it_was_asked(
    shop: App, visit: Callable[..., Page]
) -> None:
    """The form that asks is not drawn anew below its question: the answer would go nowhere."""
    make.deploy(shop, "building")
    page, held = visit("/apps/shop/deploys/1/"), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/deploys/1/live", hold)
    with page.expect_request("**/deploys/1/live"):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('news'))")
    page.get_by_role("button", name="Cancel deploy").click()
    expect(page.locator("#confirm-yes")).to_be_visible()
    with page.expect_response("**/deploys/1/live"):
        held.pop().continue_()
    page.evaluate("() => new Promise(done => setTimeout(done, 100))")
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("status").get_by_text("Canceling")).to_be_visible()


def test_two_clicks_deploy_once(shop: App, visit: Callable[..., Page]) -> None:
    page = visit("/apps/shop/")
    page.locator("#deploy-now").dblclick()
    page.wait_for_url("**/apps/shop/deploys/1/")
    assert shop.journals.count() == 1


def test_scaling_keeps_the_focus_where_it_is(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop)
    make.instances(shop, "web", ["up"])
    page = visit("/apps/shop/processes/")
    page.get_by_role("button", name="One web more").press("Enter")
    expect(page.locator(".scale output")).to_have_text("2")
    expect(page.locator(".dot")).to_have_count(2)
    expect(page.locator("#more-web")).to_be_focused()
    assert Process.objects.get().quantity == 2


def test_a_deed_that_takes_long_shows_it_and_one_that_fails_is_told(
    shop: App, visit: Callable[..., Page], complaints: list[str]
) -> None:
    make.deploy(shop)
    make.instances(shop, "web", ["up"])
    page, held = visit("/apps/shop/processes/"), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/processes/scale", hold)
    page.get_by_role("button", name="One web more").click()
    expect(page.locator("form.scale")).to_have_class(re.compile("htmx-request"))
    held.pop().fulfill(status=500)
    expect(page.get_by_role("alert")).to_contain_text("That did not work. Reload the page")
    page.unroute("**/processes/scale")
    page.get_by_role("button", name="One web more").click()
    expect(page.locator(".scale output")).to_have_text("2")
    expect(page.locator("#trouble")).to_be_hidden()


def test_everything_is_done_without_a_script(shop: App, visit: Callable[..., Page]) -> None:
    """Live updates and the terminal apart: each click leads to a page that shows what it did."""
    registry.sync()
    make.deploy(shop)
    make.deploy(shop)
    make.instances(shop, "web", ["up"])
    page = visit("/apps/shop/processes/", java_script_enabled=False)
    page.get_by_role("button", name="One web more").click()
    expect(page.locator(".scale output")).to_have_text("2")
    page.goto("/apps/shop/buildpacks/")
    for name in ("python", "nodejs"):
        page.locator(f"#add-{name}").click()
    page.locator("#up-nodejs").click()
    expect(page.locator(".order-row strong").first).to_have_text("nodejs")
    page.goto("/apps/shop/config/")
    page.fill("form.config-form [name=key]", "GREETING")
    page.fill("form.config-form [name=value]", "hello")
    page.locator("form.config-form button").first.click()
    expect(page.locator("code", has_text="GREETING")).to_be_visible()
    page.goto("/apps/shop/")
    page.locator("#deploy-now").click()
    expect(page.get_by_role("heading", name="Deploy #3")).to_be_visible()
    page.get_by_role("button", name="Cancel deploy").click()
    expect(page.get_by_text("Canceled by alice", exact=True)).to_be_visible()
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_role("heading", name="Deploy #4")).to_be_visible()
    page.goto("/apps/shop/releases/")
    page.locator("summary", has_text="Roll back").first.click()
    page.get_by_role("button", name="Roll back to v1").click()
    expect(page.get_by_role("heading", name="Deploy #5")).to_be_visible()


def test_buildpacks_are_ordered_by_keyboard_and_by_mouse(shop: App, visit: Callable[..., Page]) -> None:
    registry.sync()
    page = visit("/apps/shop/buildpacks/")
    for name in ("python", "nodejs"):
        page.locator(f"#add-{name}").click()
        expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    page.locator("#up-nodejs").press("Enter")
    expect(page.locator(".order-row strong").first).to_have_text("nodejs")
    rows = page.locator(".order-row")
    rows.nth(1).locator(".order-handle").drag_to(rows.nth(0), target_position={"x": 20, "y": 2})
    expect(page.locator(".order-row strong").first).to_have_text("python")
    expect(page.locator("#up-python")).to_be_disabled()
    assert list(AppBuildpack.objects.values_list("buildpack__name", flat=True)) == ["python", "nodejs"]


def test_apps_and_instances_change_without_a_reload(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop)
    make.instances(shop, "web", ["up"])
    page = visit("/")
    expect(page.locator(".cell-instances")).to_have_text("1/1")
    Instance.objects.update(state="crashed")
    elsewhere(bell.ring, "apps")
    expect(page.locator(".cell-instances")).to_have_text("0/1", timeout=15_000)
    page.goto("/apps/shop/processes/")
    expect(page.locator(".dot")).to_have_attribute("title", "web.1: Crashed")
    Instance.objects.update(state="up")
    elsewhere(bell.ring, f"app.{shop.pk}")
    expect(page.locator(".dot")).to_have_attribute("title", "web.1: Up", timeout=15_000)


def test_a_viewer_sees_no_deed(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop)
    page = visit("/apps/shop/", "vera")
    expect(page.get_by_role("heading", name="Running")).to_be_visible()
    expect(page.get_by_role("button", name="Deploy")).to_have_count(0)


def test_who_is_signed_out_elsewhere_is_told(shop: App, visit: Callable[..., Page]) -> None:
    page = visit("/apps/shop/")
    page.context.clear_cookies()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('news'))")
    page.wait_for_url("**/login?next=/apps/shop/")
