"""A builder prints a line → it is painted in a real browser, with few and with many viewers of the same build."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples
from tests.e2e import browsing
from tests.e2e.installation import PYTHON, ROOT
from tests.e2e.sources import archive, pages

APP = "log-latency"
VIEWERS = (1, 100, 1_000)
TICKS, PAUSE = 2_400, 0.25
WATCHED = 100  # ticks that count, once everybody is there
HOOK = f"""#!/bin/bash
for number in $(seq {TICKS}); do printf 'tick %s\\n' "$(date +%s%3N)"; sleep {PAUSE}; done
"""

# In the page: when each tick was on the screen, after the frame in which it was put there. What stands there already
# does not count: it came before anybody looked.
WATCHER = """
() => {
  window.painted = [];
  const seen = new Set();
  const fresh = () => {
    const texts = [...document.querySelectorAll(".log-text")].map((line) => line.textContent);
    const told = texts.map((text) => text.match(/^tick (\\d+)$/)?.[1]).filter((tick) => tick && !seen.has(tick));
    told.forEach((tick) => seen.add(tick));
    return told;
  };
  const look = () => {
    const told = fresh();
    if (told.length) requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const tick of told) window.painted.push(Date.now() - Number(tick));
    }));
  };
  const everything = { subtree: true, childList: true, characterData: true };
  fresh();
  new MutationObserver(look).observe(document.querySelector(".log"), everything);
}
"""


def measure(bench: Bench) -> list[Figure]:
    """p50 and p99 for each number of viewers, one of them the browser; and when the lines came to the others."""
    bench.person.create(APP, archive(pages("Ticking")))
    figures = [figure for viewers in VIEWERS for figure in _figures(bench, viewers)]
    bench.stop(APP)
    return figures


def _figures(bench: Bench, viewers: int) -> list[Figure]:
    painted, came = _waits(bench, viewers)
    title = f"A line printed → painted, {viewers:,} viewers of one build"
    figures = [
        Figure(f"{title}: p50", Samples("Slipway", [_at(0.5, painted)], "ms"), goal=Goal(150, "ms")),
        Figure(f"{title}: p99", Samples("Slipway", [_at(0.99, painted)], "ms"), goal=Goal(500, "ms")),
    ]
    if came:
        title = f"A line printed → come to the others, {viewers:,} viewers of one build"
        figures += [
            Figure(f"{title}: {name}", Samples("Slipway", [_at(share, came)], "ms"))
            for name, share in (("p50", 0.5), ("p99", 0.99))
        ]
    return figures


def _at(share: float, waits: list[float]) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]


def _waits(bench: Bench, viewers: int) -> tuple[list[float], list[float]]:
    """Milliseconds until lines are painted in the browser, and until they come to some of the others.

    Half of the others come before the browser and half after it: whoever came first is told first.
    """
    source = archive({**pages("Ticking"), "bin/pre-compile": HOOK}, executable=("bin/pre-compile",))
    number = bench.person.deploy(APP, source)
    earlier = (viewers - 1) // 2
    with browsing.chromium() as browser, ExitStack() as stack:
        page = browser.new_page()
        browsing.sign_in(page, bench.installation.url, bench.installation.password)
        cookies: list[Any] = list(page.context.cookies())
        others = [stack.enter_context(_others(bench, cookies, number, earlier))]
        page.goto(f"{bench.installation.url}/apps/{APP}/deploys/{number}/")
        page.wait_for_function("() => document.body.textContent.includes('tick ')", timeout=120_000)
        others.append(stack.enter_context(_others(bench, cookies, number, viewers - 1 - earlier)))
        for ask in others:
            ask()  # from here on
        page.evaluate(WATCHER)
        page.wait_for_function(f"() => window.painted.length >= {WATCHED}", timeout=120_000)
        painted: list[float] = page.evaluate("() => window.painted")
        came = [delay for ask in others for delay in ask()]
    bench.person.cancel(APP, number)
    while not bench.person.read_log(APP, number, 0)["sealed"]:
        time.sleep(0.2)
    return painted, came


@contextmanager
def _others(bench: Bench, cookies: list[Any], number: int, count: int) -> Iterator[Callable[[], list[float]]]:
    """So many more viewers; whoever asks hears how late lines came since the last time. All must be there then."""
    if not count:
        yield list
        return
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in cookies)
    path = f"/ws/apps/{APP}/deploys/{number}/"
    command = [PYTHON, "-m", "tests.bench.viewers", str(bench.installation.port), path, cookie, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewers:
        pipe_in, pipe_out = viewers.stdin, viewers.stdout
        assert pipe_in
        assert pipe_out
        assert pipe_out.readline() == "connected\n"

        def ask() -> list[float]:
            pipe_in.write("\n")
            pipe_in.flush()
            found = json.loads(pipe_out.readline())
            assert found["there"] == count, found
            delays: list[float] = found["delays"]
            return delays

        yield ask
        pipe_in.close()
