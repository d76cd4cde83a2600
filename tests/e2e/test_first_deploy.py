"""From a click in the browser to a running app, and to its next version without a request lost; on real parts."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser.axe import barriers
from tests.e2e import belongings, browsing
from tests.e2e.browsing import Sights
from tests.e2e.installation import ROOT, Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "harbour"
SAMPLE = ROOT / "builds" / "samples" / "django-vue"
STEPS_BEFORE = ["Queued", "Fetch source", "Detect", "Buildpacks", "Package slug", "Store slug"]
STEPS_AFTER = ["Release command", "Start instances", "Wait until healthy", "Switch traffic"]
PAGES = ("deploys", "deploys/1", "releases", "processes", "logs", "buildpacks", "config", "activity")
STOP_SECONDS = 60


@pytest.fixture(scope="module")
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """Signed in, on the list of apps."""
    with browsing.signed_in(browser, installation.url, installation.password) as page:
        yield page


@pytest.fixture(scope="module")
def first(page: Page) -> Sights:
    """What the page of the first deploy showed from the click to the end, with a reload in the middle."""
    sights = Sights(page)
    browsing.create_from_sample(page, APP, "django-vue")
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.locator("[data-name='Node.js'][data-state='running']").wait_for()
    page.locator(".log-line").nth(8).wait_for()
    page.reload()
    assert "v1 is live" in browsing.wait_until_over(page)
    return sights


def test_all_steps_stand_there_from_the_start_and_none_has_begun_before_its_turn(first: Sights) -> None:
    at_once = first.seen[0].steps
    assert list(at_once) == STEPS_BEFORE + STEPS_AFTER
    assert {at_once[name] for name in STEPS_BEFORE[3:] + STEPS_AFTER} == {"waiting"}


def test_every_step_advances_to_its_end_and_the_detected_buildpacks_take_their_place(first: Sights) -> None:
    last = first.seen[-1].steps
    assert list(last) == [*STEPS_BEFORE[:3], "Node.js", "Python", *STEPS_BEFORE[4:], *STEPS_AFTER]
    assert set(last.values()) == {"done"}
    for name in last:
        assert [state for state in first.states_of(name) if state not in ("waiting", "running")] == ["done"], name
    assert first.states_of("Node.js")[-2:] == ["running", "done"]


def test_lines_arrive_while_the_build_still_runs(first: Sights) -> None:
    while_node = [text for sight in first.seen if sight.steps.get("Node.js") == "running" for _, text in sight.lines]
    assert any("Node" in text for text in while_node)
    assert not any("is live at" in text for text in while_node)


def test_a_reload_in_the_middle_loses_no_line_and_repeats_none(first: Sights, page: Page, admin: Person) -> None:
    stored = [(number, text) for number, _, text in admin.lines(APP, 1)]
    assert [number for number, _ in stored] == list(range(1, len(stored) + 1))
    assert browsing.whole_log(page) == stored
    assert first.texts().items() <= {number: {text} for number, text in stored}.items()
    for sight in first.seen:
        numbers = [number for number, _ in sight.lines]
        assert numbers == sorted(set(numbers))


def test_the_page_has_no_fault_of_its_own(first: Sights) -> None:
    assert first.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_what_runs_keep_nobody_out_and_fit_a_phone(
    width: int, first: Sights, page: Page, installation: Installation
) -> None:
    here, size = page.url, page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    for address in ("", f"apps/{APP}/", *(f"apps/{APP}/{part}/" for part in PAGES)):
        page.goto(f"{installation.url}/{address}")
        expect(page.locator("h1, h2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is too wide"
        assert barriers(page) == [], address
    page.set_viewport_size(size or {"width": width, "height": 900})
    page.goto(here)


def test_the_app_opens_at_its_address_with_its_front_end_and_its_database_row(first: Sights, page: Page) -> None:
    with page.expect_popup() as popup:
        page.locator("#deploy-outcome a.address").click()
    opened = popup.value
    expect(opened.get_by_role("heading", level=1)).to_have_text(_greeting())
    expect(opened.locator("main")).to_contain_text("Row 1, written")
    expect(opened.locator("#app")).to_contain_text("web.1")  # drawn by what npm built
    opened.close()


def test_the_next_version_comes_without_a_failed_request_and_the_old_one_goes(
    first: Sights, page: Page, installation: Installation, admin: Person, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.tar.gz"
    changed.write_bytes(_sample(_greeting(), "The second version says hello"))
    page.get_by_role("link", name=APP, exact=True).click()
    host = f"{APP}.localhost:{installation.apps_port}"
    with Visitor(host, installation.apps_port, (_greeting(), "The second version says hello")) as visitor:
        page.get_by_label("Deploy in another way").click()
        page.get_by_label("Another archive, for this deploy alone").set_input_files(changed)
        page.get_by_role("button", name="Deploy this").click()
        assert "v2 is live" in browsing.wait_until_over(page), admin.wait(APP, 2).log
        _wait_until_gone(installation, f"{APP}.production-v1-")
    assert visitor.failures == []
    assert visitor.answers[0] == _greeting()
    assert visitor.answers[-1] == "The second version says hello"
    assert visitor.seen()[_greeting()] > 10
    page.goto(f"{installation.url}/apps/{APP}/deploys/1/")
    expect(page.locator("#deploy-outcome")).to_contain_text("v1 was live")


def _wait_until_gone(installation: Installation, part: str) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while any(part in name for name in belongings.of(installation.namespace)["containers"]):
        assert time.monotonic() < deadline, f"{part} is still there."
        time.sleep(0.5)


def _greeting() -> str:
    """What the sample's migration writes into its database."""
    (path,) = (SAMPLE / "harbour" / "migrations").glob("0002_*.py")
    found = re.search(r'text="([^"]+)"', path.read_text())
    assert found, path
    return found[1]


def _sample(words: str, others: str) -> bytes:
    """The sample with other words."""
    paths = [path for path in sorted(SAMPLE.rglob("*")) if path.is_file() and "node_modules" not in path.parts]
    files = {
        str(path.relative_to(SAMPLE)): path.read_bytes().replace(words.encode(), others.encode()) for path in paths
    }
    executable = tuple(str(path.relative_to(SAMPLE)) for path in paths if path.stat().st_mode & 0o100)
    return archive(files, executable)
