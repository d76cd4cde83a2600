"""A real browser, and what it shows of a deploy's page over time."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MILLISECONDS = 240_000
UNDER_WAY = "[data-state=queued], [data-state=building], [data-state=releasing], [data-state=running]"
WATCHER = Path(__file__).with_name("watcher.js")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; where there is none, the one that Playwright fetched."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM if Path(CHROMIUM).exists() else None, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Sight:
    """What the page showed at one moment: the deploy's state, its steps, and the lines in sight by number."""

    state: str
    steps: dict[str, str]
    lines: list[tuple[int, str]]


class Sights:
    """Everything that a page showed, in order, through all reloads; and what went wrong in its scripts."""

    def __init__(self, page: Page) -> None:
        self.seen: list[Sight] = []
        self.errors: list[str] = []
        page.expose_function("tellTest", self._hear)
        page.add_init_script(path=WATCHER)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear_console)

    def states_of(self, step: str) -> list[str]:
        """The states of one step, each once as it came."""
        states = [sight.steps[step] for sight in self.seen if step in sight.steps]
        return [state for state, before in zip(states, ["", *states], strict=False) if state != before]

    def texts(self) -> dict[int, set[str]]:
        """For each line number all texts that ever stood beside it."""
        found: dict[int, set[str]] = {}
        for sight in self.seen:
            for number, text in sight.lines:
                found.setdefault(number, set()).add(text)
        return found

    def _hear(self, told: str) -> None:
        sight = json.loads(told)
        lines = [(number, text) for number, text in sight["lines"]]
        self.seen.append(Sight(sight["state"], dict(sight["steps"]), lines))

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def sign_in(page: Page, url: str, password: str, name: str = "admin") -> None:
    """From the first visit to the list of apps."""
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Apps", exact=True).wait_for()


@contextmanager
def signed_in(
    browser: Browser, url: str, password: str, name: str = "admin", patience: int = PATIENCE_MILLISECONDS
) -> Iterator[Page]:
    """A page of its own, on the list of apps; what it waits for may take so many milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        sign_in(page, url, password, name)
        page.set_default_timeout(patience)
        yield page
    finally:
        context.close()


def create_from_sample(page: Page, name: str, sample: str) -> None:
    """Fill in the form for a new app and send it off."""
    page.get_by_role("link", name=re.compile("New app|Create your first app")).first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("radio", name=re.compile("^Sample")).check()
    page.get_by_role("radio", name=re.compile(f"^{sample}")).check()
    page.get_by_role("button", name="Create app").click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def wait_until_over(page: Page) -> str:
    """Wait until the page says how the deploy ended and that all its steps are over; return how it ended.

    The click that began the deploy returns before the deploy's page is there, and on the page of before nothing is
    under way.
    """
    page.wait_for_function(
        "all => document.querySelector('#deploy-outcome .outcome') && !document.querySelector(all)",
        arg=UNDER_WAY,
        timeout=PATIENCE_MILLISECONDS,
    )
    return page.locator("#deploy-outcome").inner_text()


def whole_log(page: Page) -> list[tuple[int, str]]:
    """Every line of the log, by opening all its groups and scrolling from its top to its end."""
    pane = page.get_by_label("Log lines")
    while page.locator(".log-group[aria-expanded=false]").count():
        page.get_by_role("button", name="Open or fold all groups").click()
    pane.evaluate("pane => pane.scrollTo(0, 0)")
    found: dict[int, str] = {}
    while True:
        page.locator(".log-line.is-missing").first.wait_for(state="detached")
        lines = page.locator(".log-line").evaluate_all(
            "all => all.map(line => [+line.querySelector('[data-line]').dataset.line,"
            " line.querySelector('.log-text').textContent])"
        )
        numbers = [number for number, _ in lines]
        assert len(numbers) == len(set(numbers)), f"Shown twice at once: {numbers}"
        found |= dict(lines)
        if pane.evaluate("pane => pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 1"):
            return sorted(found.items())
        pane.evaluate(
            "pane => new Promise(done => { pane.scrollBy(0, pane.clientHeight / 2); setTimeout(done, 100); })"
        )
