"""Ready images that others made: asked for at their registry, and kept under a name of our own.

A pull by tag would take the tag from whoever has it here. So the registry is asked for the digest first, and the image
is pulled by that; the name with which it came goes again unless it was here before.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from docker import auth

from runtimes.engine import docker_files, references
from runtimes.engine.base import EngineError, EngineUnreachable, Kept, Login, gettext_noop
from runtimes.engine.docker_client import DockerClient, stream, translated
from runtimes.engine.docker_image import idle, untag
from runtimes.engine.docker_restore import find_image
from runtimes.engine.references import Reference

Say = Callable[[str], object]

# Codes of the registry's (OCI Distribution Specification 1.1, "Error Codes") and the daemon's own words.
_REFUSED = re.compile(
    r"unauthori[sz]ed|denied|authentication required|no basic auth credentials|incorrect username", re.IGNORECASE
)
_MISSING = re.compile(r"manifest unknown|name unknown|not found|does not exist|not known to registry", re.IGNORECASE)
_UNHEARD = re.compile(
    r'^(Get|Head) "?http|unexpected (http )?status|toomanyrequests|no such host|dial tcp|timeout', re.IGNORECASE
)


def keep(client: DockerClient, image: str, login: Login | None, *, fresh: bool, say: Say) -> Kept:
    """See `Engine.keep`."""
    wanted = references.parse(image)
    if wanted is None or wanted.repository.startswith(f"{client.namespace}/"):  # those are not for everybody
        raise references.missing(image, references.HUB)
    found = None if fresh else _here(client, wanted, image)
    digest = _digest(found, wanted) if found else _asked(client, wanted, image, login)
    found = found or _by_digest(client, wanted, digest) or _pulled(client, wanted, digest, login, say)
    _check_platform(client, image, [_platform(found)])
    _name_it(client, found, digest)
    return _described(client, found, digest)


def kept(client: DockerClient, digest: str) -> str | None:
    """See `Engine.kept`."""
    name = name_of(client, digest)
    return name if find_image(client, name) else None


def let_go(client: DockerClient, digest: str) -> None:
    """See `Engine.let_go`. Docker refuses to take the last name from what a container was made of."""
    untag(client, name_of(client, digest))


def name_of(client: DockerClient, digest: str) -> str:
    """Return our name for it: the first 24 digits tell images apart."""
    return f"{client.namespace}/image:{digest.removeprefix('sha256:')[:24]}"


def _here(client: DockerClient, wanted: Reference, image: str) -> dict[str, Any] | None:
    return _by_digest(client, wanted, wanted.digest) if wanted.digest else find_image(client, image)


def _by_digest(client: DockerClient, wanted: Reference, digest: str) -> dict[str, Any] | None:
    return find_image(client, name_of(client, digest)) or find_image(client, f"{wanted.repository}@{digest}")


def _digest(found: dict[str, Any], wanted: Reference) -> str:
    """Return the digest under which its registry knows it; its own id if none does."""
    if wanted.digest:
        return wanted.digest
    known = [each.partition("@") for each in found["RepoDigests"] or []]
    return next((digest for name, _, digest in known if name == wanted.repository), str(found["Id"]))


def _asked(client: DockerClient, wanted: Reference, image: str, login: Login | None) -> str:
    """Ask the registry what it has under this name."""
    api: Any = client.patient  # the stubs do not know this call
    with _told_apart(image, wanted.host, login), translated():
        found = api.inspect_distribution(image, auth_config=_auth(login))
    platforms = [f"{each['os']}/{each['architecture']}" for each in found["Platforms"] or [] if each.get("os")]
    _check_platform(client, image, platforms)
    return str(found["Descriptor"]["digest"])


def _pulled(client: DockerClient, wanted: Reference, digest: str, login: Login | None, say: Say) -> dict[str, Any]:
    image = f"{wanted.repository}@{digest}"
    with closing(_arriving(client, wanted, digest, login)) as lines:  # what breaks it off ends the daemon's work too
        for line in lines:
            say(line)
    found = find_image(client, image) or find_image(
        client, name_of(client, digest)
    )  # who was faster has it by our name
    if found is None:
        raise EngineError(gettext_noop("The image %(image)s did not arrive."), image=image)
    _name_it(client, found, digest)
    untag(client, image)
    return found


def _arriving(client: DockerClient, wanted: Reference, digest: str, login: Login | None) -> Generator[str, None, None]:
    """Let it come, and yield how it goes."""
    params = {"fromImage": wanted.repository, "tag": digest}
    headers = {"X-Registry-Auth": auth.encode_header(_auth(login)).decode()}
    with (
        _told_apart(f"{wanted.repository}@{digest}", wanted.host, login),
        translated(),
        stream(client, "POST", "/images/create", params, headers) as answer,
    ):
        yield from _progress(answer.iter_lines())


def _name_it(client: DockerClient, found: dict[str, Any], digest: str) -> None:
    repository, _, tag = name_of(client, digest).rpartition(":")
    with translated():
        client.quick.tag(found["Id"], repository, tag)


def _progress(lines: Iterator[bytes]) -> Iterator[str]:
    """Yield what is new of each layer: not how far it has come, but that it has."""
    for line in lines:
        told = json.loads(line)
        if "error" in told:
            raise EngineError(f"Docker: {told['error']}")
        if not told.get("progressDetail") and told.get("status"):
            yield ": ".join(filter(None, (told.get("id"), told["status"])))


@contextmanager
def _told_apart(image: str, host: str, login: Login | None) -> Iterator[None]:
    """Say why an image cannot be had: Docker answers most reasons with one status and the registry's words."""
    try:
        yield
    except EngineUnreachable:
        raise
    except EngineError as error:
        words = str(error).removeprefix("Docker: ")
        if _REFUSED.search(words):
            raise references.refused(image, host, login) from error
        if _MISSING.search(words):
            raise references.missing(image, host) from error
        if _UNHEARD.search(words):
            raise references.unreachable(host, words) from error
        raise


def _check_platform(client: DockerClient, image: str, platforms: list[str]) -> None:
    with translated():
        us = client.quick.version()
    ours = f"{us['Os']}/{us['Arch']}"
    if platforms and ours not in platforms:
        raise references.foreign(image, platforms, ours)


def _described(client: DockerClient, found: dict[str, Any], digest: str) -> Kept:
    with idle(client, found) as ref:
        has_shell = docker_files.exists(client, ref, "/bin/sh")
    ports = [port for port in found["Config"].get("ExposedPorts") or {} if port.endswith("/tcp")]
    port = int(ports[0].partition("/")[0]) if len(ports) == 1 else None
    return Kept(name_of(client, digest), digest, _platform(found), found["Size"], port, has_shell)


def _platform(found: dict[str, Any]) -> str:
    return f"{found['Os']}/{found['Architecture']}"


def _auth(login: Login | None) -> dict[str, str]:
    """What the daemon shows the registry; without a login nothing, and never what somebody left in a file of theirs."""
    return {"username": login.user, "password": login.password} if login else {}
