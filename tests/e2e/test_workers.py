"""Workers on real Docker: those of a new release take the places of the old ones one for one."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import SERVE, archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP, WORKERS = "factory", 3
# It finishes what it works on when it is told to end.
WORKER = "worker: trap 'echo finishing; sleep 1; exit 0' TERM; while :; do sleep 0.1; done\n"
THERE = """SELECT release.number, instance.process, instance.state FROM runtimes_instance AS instance
JOIN runtimes_release AS release ON instance.release_id = release.id
JOIN runtimes_environment AS environment ON release.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id WHERE app.name = ? AND instance.state != 'down'"""


@pytest.fixture(scope="module")
def factory(installation: Installation, admin: Person) -> Iterator[str]:
    """An app that serves, and has workers."""
    source = archive(pages("At work", Procfile=f"{SERVE}{WORKER}"))
    assert admin.wait(APP, admin.create_and_deploy(APP, source)).state == "live"
    assert installation.manage("scale", APP, f"worker={WORKERS}").returncode == 0
    admin.until(lambda: workers(installation) == [(1, "up")] * WORKERS)
    yield APP
    assert installation.manage("destroyapp", APP, "--yes").returncode == 0


def workers(installation: Installation) -> list[tuple[int, str]]:
    """Their releases and states."""
    rows = installation.rows(THERE, APP)
    return sorted((row["number"], row["state"]) for row in rows if row["process"] == "worker")


def at_work(installation: Installation, since: float) -> list[int]:
    """How many workers ran, after each that started and each that ended since then, as Docker tells it."""
    wanted: Any = {
        "since": since,
        "until": time.time(),
        "filters": {"label": [f"slipway.installation={installation.namespace}", "slipway.process=worker"]},
    }
    count, counts = WORKERS, []
    with contextlib.closing(docker.from_env()) as client:
        for event in client.events(decode=True, **wanted):
            if event["Action"] in ("start", "die"):
                count += 1 if event["Action"] == "start" else -1
                counts.append(count)
    return counts


def test_there_is_one_more_at_most_and_never_one_fewer(installation: Installation, admin: Person, factory: str) -> None:
    since = time.time()
    done = installation.manage("setconfig", APP, "COLOUR=blue")
    assert done.returncode == 0, done.stdout + done.stderr
    admin.until(lambda: workers(installation) == [(2, "up")] * WORKERS)
    assert at_work(installation, since) == [WORKERS + 1, WORKERS] * WORKERS


def test_where_the_new_one_crashes_the_old_ones_work_on_untouched(
    installation: Installation, admin: Person, factory: str
) -> None:
    since, before = time.time(), workers(installation)
    broken = archive(pages("At work", Procfile=f"{SERVE}worker: echo no queue; exit 7\n"))
    outcome = admin.wait(APP, admin.deploy(APP, broken))
    assert (outcome.state, outcome.reason) == ("failed", "crashed")
    assert "worker.1 ended" in outcome.failure
    admin.until(lambda: workers(installation) == before)
    assert min(at_work(installation, since)) == WORKERS
