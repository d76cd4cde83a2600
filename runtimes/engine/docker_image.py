"""Images that others made: fetched from their registry, and made into our own with a few files more."""

import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import docker.errors

from runtimes.engine import docker_files
from runtimes.engine.base import EngineError, gettext_noop
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_container import created
from runtimes.engine.docker_kwargs import INSTALLATION, KIND
from runtimes.engine.docker_restore import find_image


def pull(client: DockerClient, image: str) -> None:
    """See `Engine.pull`."""
    if find_image(client, image):
        return
    api: Any = client.patient  # the stubs know this call, but not its types
    with translated():
        answers = list(api.pull(image, stream=True, decode=True))
    if reasons := [str(answer["error"]) for answer in answers if "error" in answer]:
        raise EngineError(f"Docker: {'; '.join(reasons)}")


def derive(client: DockerClient, name: str, base: str, tar: Iterable[bytes]) -> str:
    """See `Engine.derive`. The container is never started: it lends its file system and the base's settings."""
    found = find_image(client, base)
    if found is None:
        raise EngineError(gettext_noop("The image %(image)s is not here."), image=base)
    image = f"{client.namespace}/{name}"
    repository, _, tag = image.rpartition(":")
    before = find_image(client, image)
    with idle(client, found) as ref:
        docker_files.put(client, ref, "/", tar)
        with translated():
            client.patient.commit(ref, repository, tag, changes=[f"LABEL {KIND}=stack"])
    if before is not None:
        untag(client, before["Id"])
    return image


def derived(client: DockerClient) -> list[str]:
    """See `Engine.derived`. A slug's image is made of one of these, but says of itself that it is a slug's."""
    ours = {"reference": f"{client.namespace}/*", "label": [f"{INSTALLATION}={client.namespace}", f"{KIND}=stack"]}
    with translated():
        found = client.quick.images(filters=ours)
    return sorted(tag.removeprefix(f"{client.namespace}/") for one in found for tag in one["RepoTags"] or [])


def remove_image(client: DockerClient, name: str) -> None:
    """See `Engine.remove_image`."""
    with translated():
        try:
            client.patient.remove_image(f"{client.namespace}/{name}")
        except docker.errors.NotFound:
            return


def untag(client: DockerClient, image: str) -> None:
    """Take a name from an image, and with its last one the image, unless containers or others still stand on it."""
    with translated():
        try:
            client.patient.remove_image(image)
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise


def idle(client: DockerClient, base: dict[str, Any]) -> AbstractContextManager[str]:
    """Make a container of an image that never starts: it lends its files."""
    config = {
        "Image": base["Id"],
        "Cmd": ["/bin/sh"],  # Docker makes no container without a command, even if it never starts
        "Labels": {INSTALLATION: client.namespace, KIND: "restore"},
        "HostConfig": {"NetworkMode": "none", "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"]},
    }
    return created(client, {"name": f"{client.namespace}-derive-{uuid.uuid4().hex[:8]}", "config": config})
