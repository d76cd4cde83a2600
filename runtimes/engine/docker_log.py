"""What a container has written, and goes on writing."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docker.errors

from runtimes.engine.docker_client import DockerClient, stream, translated
from runtimes.engine.docker_container import wait
from runtimes.engine.streams import dated_lines, frames

END_SECONDS = 10
REMEMBERED = 1000

Line = tuple[datetime, bytes]


def lines(client: DockerClient, ref: str, since: datetime | None, *, follow: bool) -> Iterator[Line]:
    """Yield a container's dated lines; see `Engine.lines`.

    Docker may end what it lets us follow before it has given the last lines (seen in 1 of 20 of
    those that ended at once). So when it ends the log is read once more from the last line on.
    """
    if not follow:
        yield from _read(client, ref, since)
        return
    given: deque[Line] = deque(maxlen=REMEMBERED)
    for line in _read(client, ref, since, follow=True):
        given.append(line)
        yield line
    yield from _missed(client, ref, given, since)


def tail(client: DockerClient, ref: str, count: int) -> list[str]:
    """Return the last lines, decoded; what is no UTF-8 is shown as such."""
    with translated():
        text = client.quick.logs(ref, tail=count)
    return text.decode("utf-8", errors="replace").split("\n")[:-1][-count:]


def _read(client: DockerClient, ref: str, since: datetime | None, *, follow: bool = False) -> Iterator[Line]:
    """Ask without the SDK, which drops which lines are errors and so cannot join their parts."""
    params: dict[str, Any] = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
    if since is not None:
        params["since"] = f"{since.timestamp():.6f}"
    with translated(), stream(client, "GET", f"/containers/{ref}/logs", params) as answer:
        yield from dated_lines(frames(answer.raw), whole=follow)


def _missed(client: DockerClient, ref: str, given: deque[Line], since: datetime | None) -> Iterator[Line]:
    """Yield what comes after what was given, now that the container has ended."""
    known = Counter(given)
    wait(client, ref, END_SECONDS)
    for line in _rest(client, ref, given[-1][0] if given else since):
        if known[line]:
            known[line] -= 1
        else:
            yield line


def _rest(client: DockerClient, ref: str, since: datetime | None) -> list[Line]:
    """Return a log from a time on; of a container that was removed there is none any more."""
    with translated():
        try:
            client.quick.inspect_container(ref)
        except docker.errors.NotFound:
            return []
    return list(_read(client, ref, since))
