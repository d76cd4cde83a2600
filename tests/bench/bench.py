"""What every figure works with: an installation of its own, somebody signed in, and plain Docker beside it."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any

from tests.bench.plain import Docker
from tests.bench.traffic import PATIENCE_SECONDS, Address
from tests.e2e.installation import PYTHON, ROOT, STORE_FILLED, Installation
from tests.e2e.person import Person

# Settings of tests and of some machines that `make up` does not have.
UNUSUAL = ("SLIPWAY_BUILDERS", "PYTHONDONTWRITEBYTECODE")
RUN_IMAGE = "slipway/debian-12:run"
STORE_SECONDS = 120
STEPS = """SELECT step.name, step.key, step.started_at, step.ended_at FROM runtimes_step AS step
JOIN runtimes_journal AS journal ON step.journal_id = journal.id
JOIN runtimes_app AS app ON journal.app_id = app.id
WHERE app.name = ? AND journal.number = ? AND step.started_at IS NOT NULL ORDER BY step.position"""
RUNNING = """SELECT 1 FROM runtimes_instance AS instance
JOIN runtimes_environment AS environment ON instance.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id WHERE app.name = ? AND instance.state != 'down'"""


class BenchInstallation(Installation):
    """Set up as `make up` does it, in a namespace that says what it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.namespace = f"bench-{uuid.uuid4().hex[:8]}"

    def environment(self, **more: str) -> dict[str, str]:
        theirs = super().environment(MALLOC_ARENA_MAX="2", PYTHONUNBUFFERED="1", **more)
        return {key: value for key, value in theirs.items() if key not in UNUSUAL}

    @property
    def leaders(self) -> dict[str, int]:
        """The process ids of the Procfile's processes by name; each leads a session of its own."""
        return {name: process.pid for name, process in self._running.items()}


class Bench:
    """Use it as a context: everything it made is gone afterwards."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.installation = BenchInstallation()
        self.docker = Docker(self.installation.namespace)
        self._hands: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Bench":
        self.installation.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._hands:
            self._hands.terminate()
            self._hands.wait()
        self.docker.stop_all()
        self.installation.close()

    @cached_property
    def person(self) -> Person:
        """Signed in as the first admin."""
        return Person(self.installation)

    def ask(self, verb: str, *arguments: Any) -> Any:
        """Have one of the console's verbs done (see `hands`); return its answer."""
        hands = self._hands = self._hands or self._start_hands()
        assert hands.stdin
        assert hands.stdout
        hands.stdin.write(json.dumps([verb, *arguments]) + "\n")
        hands.stdin.flush()
        return json.loads(hands.stdout.readline())

    def address(self, app: str, path: str = "/") -> Address:
        """Where the router answers for an app."""
        return Address(self.installation.apps_port, f"{app}.localhost:{self.installation.apps_port}", path)

    def settle(self, app: str, number: int) -> None:
        """Wait until a deploy is over; it must be live."""
        while not (page := self.person.read_log(app, number, 0))["sealed"]:
            time.sleep(0.1)
        assert page["state"] in ("live", "retired"), f"{app} #{number} {page['state']}: {page['lines'][-20:]}"

    def wait_for_start(self, app: str, number: int) -> None:
        """Wait until a deploy starts instances: before, there is nothing to ask for, and asking takes the processor."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.installation.look() as rows:
            while not any(row["key"] == "start" for row in rows(STEPS, app, number)):
                assert time.monotonic() < deadline, f"{app} #{number}: {self.person.read_log(app, number, 0)}"
                time.sleep(0.05)

    def steps(self, app: str, number: int) -> dict[str, float]:
        """The seconds of each step of a deploy that began, by its name."""
        rows = self.installation.rows(STEPS, app, number)
        return {row["name"]: seconds(row["started_at"], row["ended_at"]) for row in rows if row["ended_at"]}

    def moments(self, app: str, number: int) -> dict[str, tuple[str, str]]:
        """When each step of a deploy began and ended, by its key."""
        rows = self.installation.rows(STEPS, app, number)
        return {row["key"]: (row["started_at"], row["ended_at"]) for row in rows if row["ended_at"]}

    def quiet(self) -> None:
        """Wait until the last round is over: instances that are not needed any more end seconds later."""
        query = """SELECT count(*) AS n FROM runtimes_instance AS instance
        JOIN runtimes_release AS release ON instance.release_id = release.id
        WHERE instance.state = 'stopping' OR (instance.state != 'down' AND release.state != 'live')"""
        deadline = time.monotonic() + 60
        while self.installation.rows(query)[0]["n"] and time.monotonic() < deadline:
            time.sleep(0.2)

    def empty_store(self) -> None:
        """Move aside what the platform keeps for all builds; why it is not removed, see `stop`."""
        volume = f"{self.installation.namespace}-store"
        if subprocess.run(["docker", "volume", "inspect", volume], check=False, capture_output=True).returncode:
            return  # nothing was kept yet
        options = ["--rm", "--user", "0", "--volume", f"{volume}:/store", "--entrypoint", "find"]
        move = ["-name", "nodejs", "-exec", "mv", "{}", f"/store/.{uuid.uuid4().hex}", ";"]
        command = ["docker", "run", *options, RUN_IMAGE, "/store", "-maxdepth", "1", *move]
        subprocess.run(command, check=True, capture_output=True)

    @contextmanager
    def filling_store(self) -> Iterator[None]:
        """Afterwards the platform has filled the store with what was lacking inside."""
        log = self.installation.log_file("controller")
        before = log.read_text().count(STORE_FILLED)
        yield
        deadline = time.monotonic() + STORE_SECONDS
        while log.read_text().count(STORE_FILLED) == before:
            assert time.monotonic() < deadline, f"The store was not filled: {log.read_text()[-2000:]}"
            time.sleep(0.5)

    def stop(self, app: str) -> None:
        """End all that runs of an app. What it has stays until the end, as it does for people.

        Trees that are removed between rounds slow down the next one: ext4 without a journal passes over each file that
        was freed in the last minutes when it looks for a place for a new one (`recently_deleted` in the kernel).
        """
        self.ask("stop", app)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while running := self.installation.rows(RUNNING, app):
            assert time.monotonic() < deadline, f"{len(running)} instances of {app} still run"
            time.sleep(0.2)

    def _start_hands(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PYTHON, "-m", "tests.bench.hands"],
            cwd=ROOT,
            env=self.installation.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def seconds(begun: str, ended: str) -> float:
    """The time between two moments as the database writes them."""
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()
