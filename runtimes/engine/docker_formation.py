"""As many instances as are asked for: no more, no fewer, none touched that is right."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import docker.errors

from runtimes.engine import docker_container
from runtimes.engine.base import EngineError, EngineUnreachable, Formation, NotStarted, Observed
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_kwargs import FORMATION, INDEX, instance_kwargs
from runtimes.engine.docker_observe import described, inspect, listed

T = TypeVar("T")

AT_ONCE = 16
STARTS_AGAIN = ("created", "exited")


def apply(client: DockerClient, formation: Formation) -> list[Observed]:
    """See `Engine.apply`. What could be done is done before the first failure is raised.

    Those that are missing come first, and each is looked at as soon as it has started, while others are starting.
    """
    found = {int(one["Labels"][INDEX]): one for one in listed(client, {FORMATION: formation.name})}
    surplus = [one["Id"] for index, one in found.items() if index not in formation.indexes]
    work: list[Callable[[], dict[str, Any] | None]] = [
        *(
            partial(_bring_up, client, formation, index, found.get(index))
            for index in sorted(formation.indexes, key=found.__contains__)
        ),
        *(partial(end, client, ref, formation.grace, formation.stop_signal) for ref in surplus),
    ]
    return described(client, [one for one in together(work) if one])


def stop(client: DockerClient, refs: Iterable[str], grace: int, signal: str) -> None:
    """See `Engine.stop`. A ref is looked up among our own containers first: no other is touched."""
    together([partial(end, client, ref, grace, signal) for ref in _ours(client, refs)])


def halt(client: DockerClient, refs: Iterable[str], grace: int, signal: str) -> None:
    """See `Engine.halt`."""
    together([partial(_halt, client, ref, grace, signal) for ref in _ours(client, refs)])


def end(client: DockerClient, ref: str, grace: int, signal: str) -> None:
    """Send `signal`, wait up to `grace` seconds, then kill; and remove."""
    _ask_to_end(client, ref, grace, signal)
    docker_container.remove(client, ref)


def _halt(client: DockerClient, ref: str, grace: int, signal: str) -> None:
    """Send `signal`, wait up to `grace` seconds, then kill. Docker's answer to SIGKILL comes after the end."""
    _ask_to_end(client, ref, grace, signal)
    docker_container.kill(client, ref)


def _ask_to_end(client: DockerClient, ref: str, grace: int, signal: str) -> None:
    """Not by Docker's stop, which learned to take a signal only in API 1.42."""
    if grace > 0:
        docker_container.kill(client, ref, signal)
        docker_container.wait(client, ref, grace)


def _ours(client: DockerClient, refs: Iterable[str]) -> list[str]:
    """Those of our own containers that are meant, by id or name: no other is touched."""
    wanted = set(refs)
    return [one["Id"] for one in listed(client, {}) if wanted & {one["Id"], *(name[1:] for name in one["Names"])}]


def together(work: Iterable[Callable[[], T]]) -> list[T]:
    """Do all of it, a few at a time; then raise the first failure, if any."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = [pool.submit(step) for step in work]
    return [one.result() for one in done]


def _bring_up(
    client: DockerClient, formation: Formation, index: int, found: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Have an instance there and started, unless it rests; return its whole description if it was not so before."""
    if found is None:
        kwargs = instance_kwargs(formation, index, client.namespace)
        return inspect(client, _make(client, kwargs) or kwargs["name"])
    if found["State"] not in STARTS_AGAIN or (found["State"] == "exited" and index in formation.resting):
        return None
    _start(client, found["Id"])
    return inspect(client, found["Id"])


def _make(client: DockerClient, kwargs: dict[str, Any]) -> str | None:
    """Make and start an instance; one that another hand is making at this moment is left to it."""
    with translated(), _blamed():
        try:
            ref = docker_container.create(client, kwargs)
        except docker.errors.APIError as error:
            if error.status_code == 409:
                return None
            raise
    _start(client, ref)
    return ref


def _start(client: DockerClient, ref: str) -> None:
    """Start a container. One that cannot start is removed: it would stay for ever, made but dead.

    Of one to whose start no answer came nobody knows yet: that is left to the next who looks.
    """
    try:
        with translated(), _blamed():
            client.acting.start(ref)
    except EngineUnreachable:
        raise
    except EngineError:
        docker_container.remove(client, ref)
        raise


@contextmanager
def _blamed() -> Iterator[None]:
    """Tell what the image is at fault for: Docker takes a program that is not there for a mistake of the asker's."""
    try:
        yield
    except docker.errors.APIError as error:
        if error.status_code == HTTPStatus.BAD_REQUEST:
            raise NotStarted(f"Docker: {error.explanation}") from error
        raise
