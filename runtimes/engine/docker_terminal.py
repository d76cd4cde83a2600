"""A command at a terminal on Docker: an exec whose connection has become a socket for both directions."""

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

import docker.errors

from runtimes.engine.base import EngineError, EngineUnreachable
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_job import execute

PIECE = 8 * 1024
KNOWN_SECONDS = 5.0
MARK = "SLIPWAY_TERMINAL"

# Docker ends no exec whose visitor has gone (moby #9098). All that it started carries the mark in its environment.
END = """
for each in /proc/[0-9]*; do
    if grep -Fqs "$1" "$each/environ"; then kill -9 "${each#/proc/}" 2>/dev/null; fi
done
"""


class DockerTerminal:
    """One exec with its socket."""

    def __init__(self, client: DockerClient, ref: str, name: str, made: str, link: socket.socket) -> None:
        self._client = client
        self._ref, self._name, self._made, self._link = ref, name, made, link
        self._closed = False

    def read(self) -> bytes:
        """Return what came; a broken connection is an end too."""
        try:
            return self._link.recv(PIECE)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """Send it all; what has ended takes nothing any more."""
        with contextlib.suppress(OSError):
            self._link.sendall(data)

    def resize(self, rows: int, columns: int) -> None:
        """Say the size; the daemon refuses when the command has ended."""
        with translated(), contextlib.suppress(docker.errors.APIError):
            self._client.quick.exec_resize(self._made, height=rows, width=columns)

    def wait(self) -> int:
        """Return the exit status, which the daemon knows a moment after the end."""
        deadline = time.monotonic() + KNOWN_SECONDS
        with translated():
            while (found := self._client.quick.exec_inspect(self._made))["Running"] and time.monotonic() < deadline:
                time.sleep(0.02)
        return int(found["ExitCode"] or 0)

    def close(self) -> None:
        """Let go of readers, then end what still runs, also in the background; what has ended runs nothing."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(EngineError):
            hang_up(self._client, self._ref, self._name)


def hang_up(client: DockerClient, ref: str, name: str) -> None:
    """See `Engine.hang_up`; in a container that has ended or is gone nothing runs."""
    try:
        execute(client, ref, ("sh", "-c", END, "sh", f"{MARK}={name}."))
    except EngineUnreachable:
        raise
    except EngineError:
        return


@contextlib.contextmanager
def run(
    client: DockerClient, ref: str, name: str, command: tuple[str, ...], env: Mapping[str, str]
) -> Iterator[DockerTerminal]:
    """Start a command at a terminal; hang up on every way out."""
    told = [f"{key}={value}" for key, value in {**env, MARK: f"{name}."}.items()]  # with an end: 1 is not 12
    with translated():
        options: Any = {"stdin": True, "tty": True, "environment": told}
        made = client.quick.exec_create(ref, list(command), **options)["Id"]
        stream: Any = client.patient.exec_start(made, tty=True, socket=True)
    link: socket.socket = getattr(stream, "_sock", stream)  # a local socket comes wrapped, one with TLS does not
    terminal = DockerTerminal(client, ref, name, made, link)
    try:
        yield terminal
    finally:
        terminal.close()
        stream.close()
