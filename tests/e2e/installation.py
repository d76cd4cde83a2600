"""A whole installation for tests: real Docker, real Redis, real router, the Procfile's processes.

It has a namespace, a data folder and ports of its own, so it runs beside any other; at the end all of it is gone.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from tests.e2e import belongings, certificates

ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(ROOT / ".venv" / "bin" / "python")
ANSWER_SECONDS = 60
STOP_SECONDS = 25
STORE_FILLED = "The store of nodejs (exit status 0)"  # as the controller says it


class Installation:
    """Use it as a context: everything runs inside, nothing of it is there before or after."""

    def __init__(self, wanted_ports: tuple[int, int, int] = (0, 0, 0)) -> None:
        self.namespace = f"e2e-{uuid.uuid4().hex[:8]}"
        self.data = Path(tempfile.mkdtemp(prefix=f"slipway-{self.namespace}-"))
        self.temporary = self.data / "tmp"
        self.temporary.mkdir()
        self.port, self.apps_port, self.redis_port = map(_free_port, wanted_ports)
        self.url = f"http://localhost:{self.port}"
        self.certificates = certificates.make(self.data / "ca")
        self.password = ""
        self._commands = _procfile()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Installation":
        self._former_handler = signal.signal(signal.SIGTERM, _interrupt)
        try:
            self.services()
            for arguments in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
                self._run([PYTHON, "manage.py", *arguments])
            self.password = self._bootstrap()
            for name in self._commands:
                self.start(name)
            self.wait_until_it_answers()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what was started, by its id, and remove everything; raise if something stayed."""
        signal.signal(signal.SIGTERM, self._former_handler)
        self.stop(*self._running)
        forgotten = sorted(path.name for path in self.temporary.iterdir())
        try:
            belongings.remove(self.namespace)
        finally:
            shutil.rmtree(self.data)
        stayed = belongings.of(self.namespace)
        assert not any(stayed.values()), f"Left behind on Docker: {stayed}"
        assert not forgotten, f"Left behind in the folder for temporary files: {forgotten}"

    def environment(self, **more: str) -> dict[str, str]:
        """What its processes are told: the machine's own environment without anybody's settings of Slipway."""
        theirs = {key: value for key, value in os.environ.items() if not key.startswith(("SLIPWAY_", "DATABASE_"))}
        ours = {
            "DJANGO_SETTINGS_MODULE": "console.settings",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SLIPWAY_DATA": str(self.data),
            "SLIPWAY_NAMESPACE": self.namespace,
            "SLIPWAY_BIND": "127.0.0.1",
            "SLIPWAY_PORT": str(self.port),
            "SLIPWAY_APPS_PORT": str(self.apps_port),
            "SLIPWAY_APPS_DOMAIN": "localhost",
            "SLIPWAY_REDIS_PORT": str(self.redis_port),
            "SLIPWAY_REDIS_URL": "",
            "SLIPWAY_S3_BUCKET": "",
            "SLIPWAY_ENGINE": "none",
            "SLIPWAY_BUILDERS": "4",
            "SLIPWAY_CA_BUNDLE": str(self.certificates.bundle),
            "SLIPWAY_STOCK_AHEAD": "false",  # it would work beside what a test or a benchmark looks at
            "TMPDIR": str(self.temporary),
        }
        return {**theirs, **ours, **more}

    @property
    def database(self) -> Path:
        return self.data / "slipway.sqlite3"

    def start(self, name: str, **environment: str) -> None:
        """Start one process of the Procfile, in a session of its own, with further settings."""
        with self.log_file(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                ["bash", "-c", self._commands[name]],
                cwd=ROOT,
                env=self.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self) -> list[str]:
        """The processes that have ended by themselves; here nobody starts them again, as `bin/serve` does."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def stop(self, *names: str) -> None:
        """End them as `make up` would: a polite signal to all, and after a while the other one."""
        ending = [self._running.pop(name) for name in names]
        for process in ending:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in ending:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()

    @contextlib.contextmanager
    def restarted(self, name: str, **environment: str) -> Iterator[None]:
        """Inside, a process runs with further settings; afterwards as it was."""
        self.stop(name)
        self.start(name, **environment)
        try:
            yield
        finally:
            self.stop(name)
            self.start(name)
            self.wait_until_it_answers()

    def manage(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a management command to its end; its exit status is part of the answer."""
        return subprocess.run(
            [PYTHON, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def services(self, **environment: str) -> None:
        """Start its Redis and its router, made anew where further settings ask for that."""
        self._run(["bash", "bin/services"], **environment)

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Look into the database, past all of our own code."""
        with self.look() as rows:
            return rows(query, *values)

    @contextlib.contextmanager
    def look(self) -> Iterator[Callable[..., list[sqlite3.Row]]]:
        """The same for who looks again and again: it stays open."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            yield lambda query, *values: connection.execute(query, values).fetchall()

    def log_file(self, name: str) -> Path:
        """What a process of the Procfile has printed."""
        folder = self.data / "log"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.log"

    def _run(self, command: list[str], **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def _bootstrap(self) -> str:
        said = self._run([PYTHON, "manage.py", "bootstrap"])
        found = re.search(r"admin with the password (\S+)", said)
        assert found, f"No password was printed: {said}"
        return found[1]

    def wait_until_it_answers(self) -> None:
        """Wait until the console is there."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not _answers(f"{self.url}/login"):
            ended = self.ended()
            assert not ended, f"{ended} ended: {self.log_file(ended[0]).read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"No answer: {self.log_file('web').read_text()[-3000:]}"
            time.sleep(0.1)


def _interrupt(*_: object) -> None:
    """A run that is told to end ends as one that somebody interrupts: everything is removed."""
    raise KeyboardInterrupt


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _answers(url: str) -> bool:
    session = requests.Session()
    session.trust_env = False
    try:
        answer = session.get(url, timeout=5)
    except requests.RequestException:
        return False
    assert answer.ok, f"{url} answered {answer.status_code}"
    return True


def _free_port(wanted: int) -> int:
    """This port, or another one if it is taken."""
    with socket.socket() as free:
        try:
            free.bind(("127.0.0.1", wanted))
        except OSError:
            free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines) if command}
