"""Files into and out of containers, as plain tar streams; a container need not run for it."""

import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath

from runtimes.engine.base import EngineError
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
        raise EngineError(f"Docker did not unpack the files at {path}.")


def make_directories(client: DockerClient, ref: str, paths: Iterable[str], user: str) -> None:
    """Make those of `paths` that are missing, in one go; they belong to `user` ("uid:gid")."""
    missing = [path for path in dict.fromkeys(paths) if not exists(client, ref, path)]
    if missing:
        put(client, ref, "/", [_directories(missing, user)])


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
        raise EngineError(f"Docker did not look up {path} (HTTP {answer.status_code}).")


def get(client: DockerClient, ref: str, path: str, opened: ExitStack) -> Iterator[bytes]:
    """Yield the file or directory at `path` as a plain tar stream, which `opened` closes at the latest.

    The daemon keeps a container locked until all of a stream is read or its reader is gone; removing
    the container, and with it listing any, would wait for that.
    """
    with translated():
        answer = stream(client, "GET", f"/containers/{ref}/archive", {"path": path})
        opened.callback(answer.close)
        yield from answer.iter_content(PIECE)


def _directories(paths: Iterable[str], user: str) -> bytes:
    """Return a tar of directories. Each is named from the root, its parents come out as root's."""
    uid, _, gid = user.partition(":")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in paths:
            member = tarfile.TarInfo(str(PurePosixPath(path).relative_to("/")))
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            member.uid, member.gid = int(uid), int(gid or uid)
            tar.addfile(member)
    return buffer.getvalue()
