"""Files into and out of containers, as plain tar streams; a container need not run for it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

from runtimes.engine import docker_layer
from runtimes.engine.base import EngineError, Upload, gettext_noop
from runtimes.engine.docker_client import DockerClient, stream, translated
from runtimes.engine.streams import PIECE, Incoming


def put(client: DockerClient, ref: str, path: str, tar: Iterable[bytes]) -> None:
    """Unpack `tar` at `path`, which exists; owners and modes are those of the tar.

    An exception of the stream itself comes out as it is.
    """
    incoming = Incoming(tar)
    try:
        with translated():
            done = client.patient.put_archive(ref, path, iter(incoming))
    except EngineError:
        if incoming.error is not None:
            raise incoming.error from None
        raise
    if not done:
        raise EngineError(gettext_noop("Docker did not unpack the files at %(path)s."), path=path)


def fill(client: DockerClient, ref: str, uploads: Sequence[Upload], user: str) -> None:
    """Unpack all of the uploads, in one go: the daemon takes some 60 ms for every one.

    What is missing of their paths is made and belongs to `user` ("uid:gid"), their missing parents to root.
    """
    if uploads:
        missing = [path for path in dict.fromkeys(each.path for each in uploads) if not exists(client, ref, path)]
        put(client, ref, "/", _together(missing, uploads, user))


def _together(missing: Iterable[str], uploads: Iterable[Upload], user: str) -> Iterator[bytes]:
    uid, _, gid = user.partition(":")
    for path in missing:
        yield docker_layer.directory(path, int(uid), int(gid or uid))
    for upload in uploads:
        yield from docker_layer.members(upload.tar, upload.path)
    yield docker_layer.END


def exists(client: DockerClient, ref: str, path: str) -> bool:
    """Whether there is a file or directory at `path`.

    Asked by HEAD, which the SDK does not offer: its `get_archive` would send the whole tree.
    """
    api = client.quick
    url = f"{api.base_url}/v{api.api_version}/containers/{ref}/archive"
    with translated():
        answer = api.head(url, params={"path": path}, timeout=api.timeout)
        if answer.status_code in (200, 404):
            return answer.status_code == 200
        raise EngineError(
            gettext_noop("Docker did not look up %(path)s (HTTP %(status)s)."), path=path, status=answer.status_code
        )


def get(client: DockerClient, ref: str, path: str, opened: ExitStack) -> Iterator[bytes]:
    """Yield the file or directory at `path` as a plain tar stream, which `opened` closes at the latest.

    The daemon keeps a container locked until all of a stream is read or its reader is gone; removing
    the container, and with it listing any, would wait for that.
    """
    with translated():
        answer = stream(client, "GET", f"/containers/{ref}/archive", {"path": path})
        opened.callback(answer.close)
        yield from answer.iter_content(PIECE)
