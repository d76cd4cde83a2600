"""What of an installation is on the Docker daemon, found by label and by name, and its removal."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from docker.api.client import APIClient
from docker.errors import NotFound
from docker.utils import kwargs_from_env

# What tests put beside an installation, such as a Git server, carries this label with the namespace.
TEST_LABEL = "slipway.e2e"

ANSWER_SECONDS = 180


def of(namespace: str) -> dict[str, set[str]]:
    """Names of the containers, volumes, networks and images of an installation and of its tests."""
    with _client() as client:
        return {
            "containers": _theirs(namespace, client.containers(all=True)),
            "volumes": _theirs(namespace, client.volumes()["Volumes"] or []),
            "networks": _theirs(namespace, client.networks()),
            "images": {
                tag for image in client.images() for tag in image["RepoTags"] or [] if tag.startswith(f"{namespace}/")
            }
            | {
                image["Id"] for image in client.images(filters={"dangling": True, "label": f"{TEST_LABEL}={namespace}"})
            },
        }


def remove(namespace: str) -> None:
    """Remove all of it; what is already gone is gone."""
    found = of(namespace)
    with _client() as client:
        for name in found["containers"]:
            with contextlib.suppress(NotFound):
                client.remove_container(name, force=True, v=True)
        for name in found["images"]:
            with contextlib.suppress(NotFound):
                client.remove_image(name, force=True)
        for name in found["volumes"]:
            with contextlib.suppress(NotFound):
                client.remove_volume(name)
        for name in found["networks"]:
            with contextlib.suppress(NotFound):
                client.remove_network(name)


def processes(container: str) -> list[str]:
    """What runs in a container, as command lines."""
    with _client() as client:
        return [str(row[-1]) for row in client.top(container)["Processes"]]


def break_by_hand(how: str, container: str) -> None:
    """Remove a container or kill it, as somebody on the machine could; Docker does not restart what was killed so."""
    with _client() as client:
        if how == "remove":
            client.remove_container(container, force=True)
        else:
            client.kill(container)


@contextlib.contextmanager
def hidden(image: str) -> Iterator[None]:
    """Inside, nobody finds the image by its name; what runs of it runs on."""
    with _client() as client:
        found = client.inspect_image(image)["Id"]
        client.remove_image(image, force=True)
        try:
            yield
        finally:
            client.tag(found, *image.split(":"))


@contextlib.contextmanager
def _client() -> Iterator[Any]:
    """The daemon's own answers: the SDK's objects ask for each thing again, which may be gone by then."""
    with contextlib.closing(APIClient(version="auto", timeout=ANSWER_SECONDS, **kwargs_from_env())) as client:
        yield client


def _theirs(namespace: str, things: list[Mapping[str, Any]]) -> set[str]:
    return {_name(thing) for thing in things if _is_theirs(namespace, thing)}


def _name(thing: Mapping[str, Any]) -> str:
    return str(thing["Name"] if "Name" in thing else thing["Names"][0]).removeprefix("/")


def _is_theirs(namespace: str, thing: Mapping[str, Any]) -> bool:
    labels = thing["Labels"] or {}
    marked = namespace in (labels.get("slipway.installation"), labels.get(TEST_LABEL))
    return marked or _name(thing).startswith(f"{namespace}-")
