"""A builder prints a line → it is painted in a real browser, with few and with many viewers of the same build."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples
from tests.e2e import browsing
from tests.e2e.installation import PYTHON, ROOT
from tests.e2e.sources import archive, pages

APP = "log-latency"
VIEWERS = (1, 100, 1_000)
TICKS, PAUSE = 2_400, 0.25
WATCHED = 60  # ticks that count, once everybody is there
HOOK = f"""#!/bin/bash
for number in $(seq {TICKS}); do printf 'tick %s\\n' "$(date +%s%3N)"; sleep {PAUSE}; done
"""

# In the page: when each tick was on the screen, after the frame in which it was put there.
WATCHER = """
() => {
  window.painted = [];
  const seen = new Set();
  const look = () => {
    const texts = [...document.querySelectorAll(".log-text")].map((line) => line.textContent);
    const told = texts.map((text) => text.match(/^tick (\\d+)$/)?.[1]).filter((tick) => tick && !seen.has(tick));
    told.forEach((tick) => seen.add(tick));
    if (told.length) requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const tick of told) window.painted.push(Date.now() - Number(tick));
    }));
  };
  const everything = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector(".log"), everything);
  look();
  window.painted.length = 0;
}
"""


def measure(bench: Bench) -> list[Figure]:
    """p50 and p99 for each number of viewers, one of them the browser."""
    bench.person.create(APP, archive(pages("Ticking")))
    figures = [figure for viewers in VIEWERS for figure in _figures(bench, viewers)]
    bench.destroy(APP)
    return figures


def _figures(bench: Bench, viewers: int) -> list[Figure]:
    waits = sorted(_waits(bench, viewers))
    p50, p99 = waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    title = f"A line printed → painted, {viewers} viewers of one build"
    return [
        Figure(f"{title}: p50", Samples("Slipway", [p50], "ms"), goal=Goal(150, "ms")),
        Figure(f"{title}: p99", Samples("Slipway", [p99], "ms"), goal=Goal(500, "ms")),
    ]


def _waits(bench: Bench, viewers: int) -> list[float]:
    source = archive({**pages("Ticking"), "bin/pre-compile": HOOK}, executable=("bin/pre-compile",))
    number = bench.person.deploy(APP, source)
    with browsing.chromium() as browser:
        page = browser.new_page()
        browsing.sign_in(page, bench.installation.url, bench.installation.password)
        page.goto(f"{bench.installation.url}/apps/{APP}/deploys/{number}/")
        page.wait_for_function("() => document.body.textContent.includes('tick ')", timeout=120_000)
        with _others(bench, page, number, viewers - 1):
            page.evaluate(WATCHER)
            page.wait_for_function(f"() => window.painted.length >= {WATCHED}", timeout=120_000)
            waits: list[float] = page.evaluate("() => window.painted")
    bench.person.cancel(APP, number)
    while not bench.person.read_log(APP, number, 0)["sealed"]:
        pass
    return waits


@contextmanager
def _others(bench: Bench, page: Page, number: int, count: int) -> Iterator[None]:
    """So many more viewers, all of them there from the beginning to the end."""
    if not count:
        yield
        return
    cookies: list[Any] = list(page.context.cookies())
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in cookies)
    path = f"/ws/apps/{APP}/deploys/{number}/"
    command = [PYTHON, "-m", "tests.bench.viewers", str(bench.installation.port), path, cookie, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewers:
        assert viewers.stdin
        assert viewers.stdout
        assert viewers.stdout.readline() == "connected\n"
        yield
        viewers.stdin.close()
        found = json.loads(viewers.stdout.readline())
        assert found["there"] == count, found
        assert found["batches"] >= count * WATCHED // 2, found
