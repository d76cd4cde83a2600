"""A command and a shell from the browser to a real container and back, over the real queue and channel layer."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import belongings, browsing
from tests.e2e.browsing import Sights
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "workshop"
IDLE_SECONDS = 8
PATIENCE = 30_000
PROMPT_AT_ITS_END = re.compile(r"\$\s*$")


@pytest.fixture(scope="module")
def shells(installation: Installation, admin: Person) -> Iterator[Installation]:
    """An installation in which shells are switched on, with an app that serves."""
    switched_on = {"SLIPWAY_SHELL": "true", "SLIPWAY_SHELL_IDLE": str(IDLE_SECONDS)}
    with installation.restarted("web", **switched_on), installation.restarted("controller", **switched_on):
        installation.wait_until_it_answers()
        admin.create(APP, archive(pages("At work")))
        admin.set_config(APP, "GREETING", "hello-from-the-config")
        assert admin.wait(APP, admin.deploy(APP)).state == "live"
        yield installation
    installation.wait_until_it_answers()


@pytest.fixture(scope="module")
def page(browser: Browser, shells: Installation) -> Iterator[Page]:
    """Signed in."""
    with browsing.signed_in(browser, shells.url, shells.password, patience=PATIENCE) as page:
        yield page


@pytest.fixture(scope="module")
def sights(page: Page) -> Sights:
    """What the page's scripts complain about, a breach of the policy among it."""
    return Sights(page)


def by_hand(installation: Installation) -> set[str]:
    """The containers of commands and shells."""
    return {name for name in belongings.of(installation.namespace)["containers"] if re.search(r"-(run|shell)\.", name)}


def test_a_command_from_the_page_shows_its_lines_and_its_exit_status(
    shells: Installation, page: Page, sights: Sights
) -> None:
    page.goto(f"{shells.url}/apps/{APP}/processes/")
    page.get_by_role("link", name="Run a command").click()
    page.get_by_role("textbox", name="Command").fill("echo $GREETING in $DYNO; sleep 1; exit 3")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("[redacted] in run.1").wait_for()
    expect(page.get_by_role("status").get_by_text("Exit status 3")).to_be_visible(timeout=PATIENCE)
    assert sights.errors == []


def test_a_command_that_goes_on_is_canceled_and_holds_up_nobody(shells: Installation, page: Page) -> None:
    page.goto(f"{shells.url}/apps/{APP}/runs/")
    page.get_by_role("textbox", name="Command").fill("sleep infinity")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("status").get_by_text("Running").wait_for()
    assert shells.manage("run", APP, "--", "echo", "beside it").stdout == "beside it\n"
    page.get_by_role("button", name="Cancel command").first.click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("status").get_by_text("Canceled")).to_be_visible(timeout=PATIENCE)


def test_a_command_on_the_command_line_ends_as_it_does(shells: Installation) -> None:
    done = shells.manage("run", APP, "--", "sh", "-c", "echo one; echo two >&2; exit 4")
    assert (done.returncode, done.stdout) == (4, "one\ntwo\n")


def test_a_shell_answers_survives_a_reload_and_ends_when_nothing_is_typed(
    shells: Installation, page: Page, sights: Sights
) -> None:
    page.goto(f"{shells.url}/apps/{APP}/shells/")
    page.get_by_role("button", name="Open shell").click()
    screen = page.locator(".xterm-rows")
    expect(screen).to_contain_text("$", timeout=PATIENCE)
    page.keyboard.type("echo $GREETING; printf '\\e[38;2;250;120;10mcol''oured\\e[0m\\n'\n")
    expect(screen).to_contain_text("hello-from-the-config", timeout=PATIENCE)
    expect(screen.locator("span", has_text=re.compile("^coloured$"))).to_have_css("color", "rgb(250, 120, 10)")
    page.reload()
    expect(screen).to_contain_text("hello-from-the-config", timeout=PATIENCE)
    expect(page.locator("#shell-state")).to_have_text("Nothing was typed for too long.", timeout=PATIENCE)
    assert sights.errors == []
    assert not by_hand(shells)


def test_ctrl_c_ends_a_flood_and_a_shell_in_an_instance_leaves_nothing_behind(shells: Installation, page: Page) -> None:
    page.goto(f"{shells.url}/apps/{APP}/shells/?instance=web.1")
    page.get_by_role("button", name="Open shell").click()
    screen = page.locator(".xterm-rows")
    expect(screen).to_contain_text("$", timeout=PATIENCE)
    page.keyboard.type("sleep 1234 &\nyes\n")
    expect(screen).to_contain_text("yyyy", timeout=PATIENCE)  # one in each line
    page.keyboard.press("Control+c")
    expect(screen).to_have_text(PROMPT_AT_ITS_END, timeout=PATIENCE)
    page.keyboard.type("echo in $DYNO\n")
    expect(screen).to_contain_text("in web.1", timeout=PATIENCE)
    page.get_by_role("button", name="Close shell").click()
    expect(page.locator("#shell-state")).to_have_text("It was closed by its user.", timeout=PATIENCE)
    (instance,) = [name for name in belongings.of(shells.namespace)["containers"] if f"{APP}.production" in name]
    assert not [line for line in belongings.processes(instance) if "1234" in line or "yes" in line or "bash -i" in line]


def test_who_ran_what_is_written_down(shells: Installation, page: Page) -> None:
    page.goto(f"{shells.url}/apps/{APP}/activity/")
    for words in ("ran a command", "sleep infinity", "canceled a command", "opened a shell"):
        expect(page.locator("main")).to_contain_text(words)
