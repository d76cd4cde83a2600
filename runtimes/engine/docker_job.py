"""A job on Docker: create, fill, attach, start; read, wait, kill; and always remove."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from requests import Response

from runtimes.engine import docker_client, docker_container, docker_files
from runtimes.engine.base import Exit, JobSpec, Upload
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_kwargs import INSTALLATION, container_kwargs
from runtimes.engine.docker_memory import ran_out
from runtimes.engine.streams import frames

# In bytes. A command that an app brings may write more than fits into memory.
MOST_OUTPUT = 64 * 1024


class DockerJob:
    """One container that runs to its end."""

    def __init__(self, client: DockerClient, ref: str, stream: Response, opened: contextlib.ExitStack) -> None:
        self.ref = ref
        self._client = client
        self._stream = stream
        self._opened = opened
        self._killed = False

    def output(self) -> Iterator[bytes]:
        """Yield what the job writes, in order; ends when the job has ended."""
        with translated():
            for _, payload in frames(self._stream.raw):
                yield payload

    def wait(self) -> Exit:
        """Return how it ended."""
        with translated():
            self._client.patient.wait(self.ref)
            state = self._client.quick.inspect_container(self.ref)["State"]
        return Exit(code=state["ExitCode"], oom=not self._killed and ran_out(self._client, self.ref, state))

    def read(self, path: str) -> Iterator[bytes]:
        """Yield what lies at `path` as a plain tar stream."""
        return docker_files.get(self._client, self.ref, path, self._opened)

    def kill(self) -> None:
        """Send SIGKILL; one that has ended, or is gone, is dead enough."""
        self._killed = True
        docker_container.kill(self._client, self.ref)


@contextlib.contextmanager
def run(client: DockerClient, spec: JobSpec, uploads: Iterable[Upload]) -> Iterator[DockerJob]:
    """Start a job; remove its container, with its unnamed volumes, on every way out.

    The output is closed after the container: a thread that still reads it sees its end first. Files
    that are being read are closed before: the daemon would wait for their readers.
    """
    for name in spec.volumes:
        ensure_volume(client, name)
    with (
        contextlib.ExitStack() as streams,
        docker_container.created(client, container_kwargs(spec, client.namespace)) as ref,
        contextlib.ExitStack() as opened,
    ):
        docker_files.fill(client, ref, tuple(uploads), spec.user)
        stream = streams.enter_context(attach(client, ref))
        with translated():
            client.acting.start(ref)
        yield DockerJob(client, ref, stream, opened)


def execute(client: DockerClient, ref: str, command: tuple[str, ...]) -> tuple[int, str]:
    """See `Engine.exec`."""
    output = bytearray()
    with translated():
        made = client.quick.exec_create(ref, list(command))["Id"]
        socket: Any = client.acting.exec_start(made, socket=True)
        with contextlib.closing(socket):
            for _, payload in frames(socket):
                output += payload
                del output[:-MOST_OUTPUT]
        code = client.quick.exec_inspect(made)["ExitCode"]
    return code, output.decode("utf-8", errors="replace")


def ensure_volume(client: DockerClient, name: str) -> None:
    """Make the volume `<namespace>-<name>` unless it exists."""
    with translated():
        client.quick.create_volume(f"{client.namespace}-{name}", labels={INSTALLATION: client.namespace})


def attach(client: DockerClient, ref: str) -> Response:
    """Attach to a container's output; before its start, so that not one byte is missed."""
    with translated():
        return docker_client.stream(
            client, "POST", f"/containers/{ref}/attach", {"stdout": 1, "stderr": 1, "stream": 1}
        )
