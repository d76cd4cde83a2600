"""The pages with many rows, and with ten times as many: the server's time and the questions to the database."""

import json
import subprocess
import tempfile
from typing import Any

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples
from tests.e2e.installation import PYTHON, ROOT

APPS, BUILDS, RELEASES = 1_000, 20_000, 50_000
VISITS = 50


def measure(bench: Bench) -> list[Figure]:
    """The slowest page at the 95th of 100 visits, and the page that asks most, at both sizes."""
    return [figure for times in (1, 10) for figure in _figures(_visits(bench, times), times)]


def _figures(found: dict[str, Any], times: int) -> list[Figure]:
    late = {page: sorted(each["seconds"])[int(len(each["seconds"]) * 0.95)] for page, each in found.items()}
    asked = {page: each["queries"] for page, each in found.items()}
    slowest, asks_most = max(late, key=late.__getitem__), max(asked, key=asked.__getitem__)
    size = f"{APPS * times:,} apps, {BUILDS * times:,} builds, {RELEASES * times:,} releases"
    by_page = Samples("Slipway, by page", [1000 * each for each in late.values()], "ms")
    return [
        Figure(
            f"Pages with {size}: p95 of the slowest ({slowest})",
            Samples("Slipway", [1000 * late[slowest]], "ms"),
            goal=Goal(60, "ms"),
        ),
        Figure(f"Pages with {size}: p95, median of {len(late)} pages", by_page),
        Figure(
            f"Queries of the page that asks most ({asks_most})",
            Samples("Slipway", [asked[asks_most]], "queries"),
            goal=Goal(12, "queries"),
        ),
    ]


def _visits(bench: Bench, times: int) -> dict[str, Any]:
    """What `visits` measured, in a process and a database of its own."""
    with tempfile.TemporaryDirectory() as place:
        environment = bench.installation.environment(
            SLIPWAY_DATA=place,
            DATABASE_URL=f"sqlite:///{place}/pages.sqlite3",
            SLIPWAY_NAMESPACE=f"{bench.installation.namespace}-pages",
            SLIPWAY_LOG_LEVEL="ERROR",
        )
        sizes = [str(size * times) for size in (APPS, BUILDS, RELEASES)]
        command = [PYTHON, "-m", "tests.bench.visits", *sizes, str(VISITS)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
