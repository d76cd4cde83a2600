"""Click → first line of the builder: how long a person looks at an empty log."""

import time

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples

APP = "first-line"
FETCH = 200  # the position of the step before the builder's own
POLL_SECONDS = 0.02


def measure(bench: Bench) -> list[Figure]:
    """From the POST of the button to the arrival of a line that the builder container wrote, over HTTP."""
    bench.person.create(APP, source="sample", sample="flask")
    bench.settle(APP, bench.person.deploy(APP))
    waits = [_wait_for_it(bench) for _ in range(bench.rounds)]
    bench.stop(APP)
    return [Figure("Click → first builder line", Samples("Slipway", waits), goal=Goal(1.5, "s"))]


def _wait_for_it(bench: Bench) -> float:
    bench.quiet()
    clicked = time.perf_counter()
    number = bench.person.deploy(APP)
    since, arrived = 0, 0.0
    while not arrived:
        page = bench.person.read_log(APP, number, since)
        since = page["from"] + len(page["lines"]) - 1 if page["lines"] else since
        if any(step > FETCH for _, step, _ in page["lines"]):
            arrived = time.perf_counter()
        time.sleep(POLL_SECONDS)
    bench.settle(APP, number)
    return arrived - clicked
