"""A slug becomes an image: the run image with the slug's files at /app, made once per daemon."""

import threading
import time
import uuid
from collections.abc import Iterable
from typing import Any

import docker.errors

from runtimes.engine import docker_files, docker_load
from runtimes.engine.base import EngineError, Upload, gettext_noop
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_container import created, remove
from runtimes.engine.docker_kwargs import INSTALLATION, KIND, RUN_USER, SLUG
from runtimes.engine.docker_observe import listed, listed_with_image

HOME = "/app"

# A restore that has not ended after this long was killed.
LEFT_SECONDS = 3600

_naming = threading.Lock()


def name_of(client: DockerClient, key: str) -> str:
    """Return the image's name for a slug: the first 24 digits tell slugs apart."""
    return f"{client.namespace}/slug:{key[:24]}"


def restored(client: DockerClient, key: str) -> str | None:
    """Return the image's name if it is here."""
    name = name_of(client, key)
    return name if find_image(client, name) else None


def find_image(client: DockerClient, image: str) -> dict[str, Any] | None:
    """Return Docker's description of an image, None if it is not here. No registry is asked."""
    with translated():
        try:
            api: Any = client.quick  # the stubs know this call, but not its types
            return dict(api.inspect_image(image))
        except docker.errors.NotFound:
            return None


def restore(client: DockerClient, key: str, base: str, tar: Iterable[bytes]) -> str:
    """See `Engine.restore`.

    Two who restore one slug at once make two images; the second to finish takes its own away.
    """
    name = name_of(client, key)
    if find_image(client, name):
        return name
    sweep(client)
    found = find_image(client, base)
    if found is None:
        raise EngineError(gettext_noop("The image %(image)s is not here."), image=base)
    if docker_load.takes_layers(client):
        labels = {INSTALLATION: client.namespace, KIND: "slug", SLUG: key}
        made = docker_load.load(client, found, tar, HOME, labels)
    else:
        made = commit(client, key, found, tar)
    _name_it(client, made, name)
    return name


def commit(client: DockerClient, key: str, base: dict[str, Any], tar: Iterable[bytes]) -> str:
    """Make the image out of a container's files, as any daemon can; return its id.

    The container is never started: it lends its file system and hands down the base's settings.
    """
    with created(client, _kwargs(client, key, base)) as ref:
        docker_files.fill(client, ref, [Upload(HOME, tar)], RUN_USER)
        with translated():
            return str(client.patient.commit(ref, changes=[f"LABEL {KIND}=slug"])["Id"])


def sweep(client: DockerClient, older_than: float = LEFT_SECONDS) -> None:
    """Remove what restores left that were killed in the middle: it is old and nobody's any more."""
    long_ago = time.time() - older_than
    for one in listed(client, {KIND: "restore"}):
        if one["Created"] < long_ago:
            remove(client, one["Id"])
    with translated():
        nameless = client.quick.images(filters={"dangling": True, "label": _labels(client)})
    for one in nameless:
        if one["Created"] < long_ago and not listed_with_image(client, one["Id"]):
            _remove_image(client, one["Id"])


def forget(client: DockerClient, key: str) -> None:
    """Remove a slug's image; harmless when there is none. Raises if instances still use it."""
    _remove_image(client, name_of(client, key))


def _kwargs(client: DockerClient, key: str, base: dict[str, Any]) -> dict[str, Any]:
    config = {
        "Image": base["Id"],
        "Labels": {INSTALLATION: client.namespace, KIND: "restore", SLUG: key},
        "HostConfig": {"NetworkMode": "none", "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"]},
    }
    if not (base["Config"]["Cmd"] or base["Config"]["Entrypoint"]):
        config["Cmd"] = ["/bin/sh"]  # Docker makes no container without a command, even if it never starts
    return {"name": f"{client.namespace}-restore-{key[:24]}-{uuid.uuid4().hex[:8]}", "config": config}


def _labels(client: DockerClient) -> list[str]:
    return [f"{INSTALLATION}={client.namespace}", f"{KIND}=slug"]


def _remove_image(client: DockerClient, image: str) -> None:
    with translated():
        try:
            client.patient.remove_image(image)
        except docker.errors.NotFound:
            return


def _name_it(client: DockerClient, made: str, name: str) -> None:
    """Name the image `made`, unless another one bears the name by now: then it goes.

    Of two processes that do this at the same moment one may leave a nameless image, which is swept later.
    """
    repository, _, tag = name.rpartition(":")
    with _naming:
        if find_image(client, name):
            _remove_image(client, made)
            return
        with translated():
            client.quick.tag(made, repository, tag)
