"""A log of 100,000 lines in a real browser, and a burst of 5,000 lines a second."""

import time

from playwright.sync_api import Browser, Page

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples
from tests.e2e import browsing
from tests.e2e.sources import archive, pages

APP = "log-viewer"
LINES = 100_000
TAIL = "the end of the long log"
# It fails there: what went well is folded, and its tail is in sight only when somebody opens it.
LONG = f"""#!/bin/bash
seq {LINES} | sed 's/^/       line number /; s/$/ of a build that says a lot about what it is doing/'
echo "       {TAIL}"
exit 1
"""
BURST = """#!/bin/bash
sleep 15
for turn in $(seq 60); do
  seq 500 | sed "s/^/       burst ${turn}, line /"
  sleep 0.1
done
echo the end of the burst
sleep 3
"""

# Before the page's own scripts: every task that kept it from painting or answering for more than 50 ms.
TASKS = """
window.tasks = [];
const note = (list) => list.getEntries().forEach((entry) => window.tasks.push(entry.duration));
new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
"""


def measure(bench: Bench) -> list[Figure]:
    """How long it takes to open at its tail, the longest task, the memory; and the longest task of the burst."""
    bench.person.create(APP, archive(pages("Talkative")))
    number = _deploy(bench, LONG)
    while not bench.person.read_log(APP, number, 0)["sealed"]:
        time.sleep(0.5)
    with browsing.chromium() as browser:
        opened = [_open(bench, browser, number) for _ in range(bench.rounds)]
        bursts = [_burst(bench, browser) for _ in range(bench.rounds)]
    bench.stop(APP)
    times, tasks, memory = zip(*opened, strict=True)
    title = f"A log of {LINES:,} lines"
    return [
        Figure(f"{title}: click → its tail in sight", Samples("Slipway", times), goal=Goal(1, "s")),
        Figure(f"{title}: click → its tail in sight, the first time", Samples("Slipway", times[:1]), goal=Goal(1, "s")),
        Figure(
            f"{title}: longest task while it is opened and scrolled",
            Samples("Slipway", tasks, "ms"),
            goal=Goal(200, "ms"),
        ),
        Figure(f"{title}: memory of the page's scripts", Samples("Slipway", memory, "MB"), goal=Goal(150, "MB")),
        Figure("A burst of 5,000 lines/s: longest task", Samples("Slipway", bursts, "ms"), goal=Goal(200, "ms")),
    ]


def _deploy(bench: Bench, hook: str) -> int:
    source = archive({**pages("Talkative"), "bin/pre-compile": hook}, executable=("bin/pre-compile",))
    return bench.person.deploy(APP, source)


def _page(bench: Bench, browser: Browser) -> Page:
    page = browser.new_context().new_page()
    browsing.sign_in(page, bench.installation.url, bench.installation.password)
    page.add_init_script(TASKS)
    return page


def _open(bench: Bench, browser: Browser, number: int) -> tuple[float, float, float]:
    """Seconds to the tail, the longest task in ms, and MB."""
    page = _page(bench, browser)
    page.goto(f"{bench.installation.url}/apps/{APP}/deploys/{number}/")
    page.wait_for_function("tail => document.querySelector('.log-window').textContent.includes(tail)", arg=TAIL)
    taken: float = page.evaluate("() => performance.now() / 1000")
    for key in ("e", "g", "G", "g", "G"):
        page.locator("body").press(key)
        page.wait_for_timeout(400)
    longest = _longest(page)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    page.context.close()
    return taken, longest, metrics["JSHeapUsedSize"] / 1e6


def _burst(bench: Bench, browser: Browser) -> float:
    number = _deploy(bench, BURST)
    page = _page(bench, browser)
    page.goto(f"{bench.installation.url}/apps/{APP}/deploys/{number}/")
    page.wait_for_selector(".log-line")
    page.evaluate("() => { window.tasks.length = 0 }")  # how it was opened is the other figure's
    while not bench.person.read_log(APP, number, 0)["sealed"]:
        page.wait_for_timeout(500)
    longest = _longest(page)
    page.context.close()
    bench.settle(APP, number)
    return longest


def _longest(page: Page) -> float:
    longest: float = page.evaluate("() => Math.max(0, ...window.tasks)")
    return longest
