"""bin/serve keeps the Procfile's processes, and leaves none of them behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from tests.ops.bash import Checkout

pytestmark = pytest.mark.thorough

PATIENCE = 30


class Serve(Protocol):
    """Start bin/serve with this Procfile and these settings."""

    def __call__(self, procfile: str, **environment: str) -> "subprocess.Popen[str]": ...


def wait_for(fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.fixture
def serve(checkout: Checkout) -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def start(procfile: str, **environment: str) -> "subprocess.Popen[str]":
        (checkout.path / "Procfile").write_text(procfile)
        started.append(
            subprocess.Popen(
                ["bash", "bin/serve"],
                cwd=checkout.path,
                env={**checkout.environment, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def pid_in(path: Path) -> int:
    wait_for(lambda: path.exists() and path.read_text().strip())
    return int(path.read_text())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_every_process_and_what_it_started(checkout: Checkout, serve: Serve, how: signal.Signals) -> None:
    process = serve("one: echo $$ > one.pid; exec sleep 1000\ntwo: echo $$ > two.pid; exec sleep 1000\n")
    pids = [pid_in(checkout.path / name) for name in ("one.pid", "two.pid")]
    process.send_signal(how)
    process.wait(PATIENCE)
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_a_signal_reaches_the_children_of_a_process_too(checkout: Checkout, serve: Serve) -> None:
    process = serve("parent: sleep 1000 & echo $! > child.pid; wait\n")
    child = pid_in(checkout.path / "child.pid")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not alive(child)


def test_a_process_that_cannot_start_ends_all_and_its_last_words_are_shown(checkout: Checkout, serve: Serve) -> None:
    fine = "fine: echo $$ > fine.pid; exec sleep 1000\n"
    process = serve(f"{fine}broken: until [ -s fine.pid ]; do sleep 0.1; done; echo no such module; exit 3\n")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "broken ended with status 3" in said
    assert "no such module" in said
    assert not alive(pid_in(checkout.path / "fine.pid"))


def test_a_process_that_ends_after_it_was_up_is_started_again(checkout: Checkout, serve: Serve) -> None:
    process = serve("web: echo $$ >> web.pids; exec sleep 1000\n", SLIPWAY_STEADY_SECONDS="0")
    pids = checkout.path / "web.pids"
    os.kill(pid_in(pids), signal.SIGKILL)
    wait_for(lambda: len(pids.read_text().split()) == 2)
    assert process.poll() is None


def test_a_log_that_has_grown_long_goes_on_in_a_new_one(checkout: Checkout, serve: Serve) -> None:
    said = "web: echo first line, long enough; until [ -e more ]; do sleep 0.1; done; echo second; exec sleep 1000\n"
    serve(said, SLIPWAY_LOG_BYTES="10", SLIPWAY_LOG_LOOK_SECONDS="0.1")
    log, before = (checkout.path / "var" / "log" / name for name in ("web.log", "web.log.1"))
    wait_for(lambda: before.exists() and log.read_text() == "")
    assert before.read_text() == "first line, long enough\n"
    (checkout.path / "more").touch()
    wait_for(lambda: log.read_text() == "second\n")
    assert before.read_text() == "first line, long enough\n"


def _reads(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def test_what_was_said_before_the_last_start_is_kept(checkout: Checkout, serve: Serve) -> None:
    log, before = (checkout.path / "var" / "log" / name for name in ("web.log", "web.log.1"))
    for said in ("start 1\n", "start 2\n"):
        process = serve(f"web: echo {said.strip()}; exec sleep 1000\n")
        wait_for(partial(_reads, log, said))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert before.read_text() == "start 1\n"
