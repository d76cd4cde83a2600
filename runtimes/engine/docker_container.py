"""The life of one container: made, started, and removed on every way out."""

import contextlib
from collections.abc import Iterator
from typing import Any

import docker.errors
import requests
import urllib3

from runtimes.engine.base import EngineError
from runtimes.engine.docker_client import DockerClient, translated


def create(client: DockerClient, kwargs: dict[str, Any]) -> str:
    """Make a container and return its id.

    If the daemon refuses, there is none. If this process is stopped or the daemon lost in between,
    there may be one whose id was never told: it is removed by its name.
    """
    try:
        api: Any = client.acting  # the stubs know this call, but not its types
        return str(api.create_container_from_config(**kwargs)["Id"])
    except docker.errors.APIError:
        raise
    except BaseException as error:
        _remove_after(client, kwargs["name"], error)
        raise


@contextlib.contextmanager
def created(client: DockerClient, kwargs: dict[str, Any]) -> Iterator[str]:
    """Make a container, give its id, and remove it on every way out."""
    with translated():
        ref = create(client, kwargs)
    try:
        yield ref
    except BaseException as error:
        _remove_after(client, ref, error)
        raise
    else:
        remove(client, ref)


def remove(client: DockerClient, ref: str) -> None:
    """Kill and remove a container and its unnamed volumes; harmless when it is gone or going."""
    with translated():
        try:
            client.acting.remove_container(ref, v=True, force=True)
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise


def kill(client: DockerClient, ref: str, signal: str = "SIGKILL") -> None:
    """Send a signal; harmless when the container has ended or is gone."""
    with translated():
        try:
            client.quick.kill(ref, signal)
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise


def wait(client: DockerClient, ref: str, seconds: int) -> None:
    """Wait for the end, `seconds` at most; harmless when it is gone."""
    with translated():
        try:
            client.quick.wait(ref, timeout=seconds)
        except (requests.exceptions.Timeout, docker.errors.NotFound):
            return
        except requests.exceptions.ConnectionError as error:
            if not isinstance(error.args[0], urllib3.exceptions.ReadTimeoutError):
                raise


def _remove_after(client: DockerClient, ref: str, error: BaseException) -> None:
    """Remove while `error` is on its way out: a second failure is told with it, not instead."""
    try:
        remove(client, ref)
    except EngineError as second:
        error.add_note(f"The container {ref} could not be removed: {second}")
