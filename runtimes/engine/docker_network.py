"""Networks and volumes of an installation."""

from typing import Any

import docker.errors

from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_kwargs import INSTALLATION

ICC = "com.docker.network.bridge.enable_icc"


def ensure_network(client: DockerClient, name: str, *, isolated: bool) -> None:
    """Make the bridge network `<namespace>-<name>` unless it exists; see `Engine.ensure_network`."""
    full = f"{client.namespace}-{name}"
    if isolated:
        _remove_open(client, full)
    if not _ids(client, full):
        _create(client, full, isolated=isolated)
    _leave_one(client, full)


def remove_volume(client: DockerClient, name: str) -> None:
    """Remove the volume `<namespace>-<name>`; harmless when there is none."""
    with translated():
        try:
            client.quick.remove_volume(f"{client.namespace}-{name}")
        except docker.errors.NotFound:
            return


def _create(client: DockerClient, full: str, *, isolated: bool) -> None:
    """Make a network; one that another hand has made meanwhile is as good."""
    with translated():
        try:
            client.quick.create_network(
                full,
                driver="bridge",
                check_duplicate=True,
                labels={INSTALLATION: client.namespace},
                options={ICC: "false"} if isolated else {},
            )
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise


def _remove_open(client: DockerClient, full: str) -> None:
    """Remove a network of this name that is not isolated, as earlier versions made it, unless it is in use."""
    for one in _found(client, full):
        if one["Options"].get(ICC) != "false":
            _remove(client, one["Id"])


def _ids(client: DockerClient, full: str) -> list[str]:
    """Return the ids of all networks of exactly this name, oldest first."""
    return [one["Id"] for one in _found(client, full)]


def _found(client: DockerClient, full: str) -> list[dict[str, Any]]:
    with translated():
        found = client.quick.networks(names=[full])
    return sorted((one for one in found if one["Name"] == full), key=lambda one: (one["Created"], one["Id"]))


def _leave_one(client: DockerClient, full: str) -> None:
    """Remove all but the oldest: before version 25 Docker lets two be made at once under one name."""
    for surplus in _ids(client, full)[1:]:
        _remove(client, surplus)


def _remove(client: DockerClient, network: str) -> None:
    with translated():
        try:
            client.quick.remove_network(network)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != 403:  # something is in it
                raise
