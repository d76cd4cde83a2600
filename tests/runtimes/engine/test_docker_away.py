"""A real daemon that goes away and comes back, seen through a socket that can be cut."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from runtimes.engine import connect
from runtimes.engine.base import Engine, EngineUnreachable
from tests.runtimes.engine.conftest import job

pytestmark = pytest.mark.docker
PIECE = 65536


class Cable:
    """A socket before the daemon's own that passes everything on until it is cut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = docker.from_env().api.get_adapter("http+docker://localhost").socket_path  # type: ignore[attr-defined]
        self._ends: list[socket.socket] = []

    def plug(self) -> None:
        """Pass on from now on."""
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen()
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        for end in (self._server, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(PIECE):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    made = Cable(tmp_path / "docker.sock")
    made.plug()
    yield made
    made.cut()


@pytest.fixture
def remote(docker_engine: Engine, cable: Cable, tmp_path: Path) -> Iterator[Engine]:
    """The engine at the other end of the cable."""
    docker_engine.observe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        yield connect("docker", docker_engine.namespace)


def test_a_daemon_that_came_back_is_found_again(remote: Engine, cable: Cable) -> None:
    remote.ping()
    cable.cut()
    with pytest.raises(EngineUnreachable):
        remote.ping()
    cable.plug()
    remote.ping()


def test_a_connection_that_broke_while_nobody_used_it_is_replaced_at_once(remote: Engine, cable: Cable) -> None:
    remote.ping()
    cable.cut()
    cable.plug()
    remote.ping()


def test_a_daemon_that_goes_away_under_a_job_is_told_once_with_what_it_leaves(
    remote: Engine, docker_engine: Engine, cable: Cable
) -> None:
    with pytest.raises(EngineUnreachable) as raised:
        _run_until(remote, cable.cut)
    (left,) = docker_engine.observe()
    assert raised.value.__notes__ == [
        f"The container {left.ref} could not be removed: Docker does not answer. Is its daemon running?"
    ]


def test_a_job_that_lost_its_line_to_the_daemon_is_removed_when_it_is_back(
    remote: Engine, docker_engine: Engine, cable: Cable
) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run_until(remote, lambda: _blink(cable))
    assert docker_engine.observe() == []


def _run_until(engine: Engine, event: Callable[[], None]) -> None:
    """Run a job; let something happen in the middle; read and wait to its end."""
    with engine.job(job("sh", "-c", "echo begun; sleep infinity")) as running:
        output = running.output()
        assert next(output) == b"begun\n"
        event()
        assert b"".join(output) == b""
        running.wait()


def _blink(cable: Cable) -> None:
    cable.cut()
    cable.plug()
    raise KeyboardInterrupt
