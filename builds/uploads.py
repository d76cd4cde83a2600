"""Small files on their way into a container."""

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.conf import settings

from builds.archives import OWNER, Stream

CHUNK_BYTES = 1024 * 1024


def bundle(contents: Mapping[str, bytes | str], mode: int = 0o600) -> list[bytes]:
    """A small tar of these files, owned by the build user and by default readable by it alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(data), mode, OWNER, OWNER
            tar.addfile(info, io.BytesIO(data))
    return [buffer.getvalue()]


def ca_bundle() -> dict[str, bytes]:
    """The certificates that builders shall trust, as a file for `bundle`; nothing if none are set."""
    return {"ca.crt": Path(settings.CA_BUNDLE).read_bytes()} if settings.CA_BUNDLE else {}


def together(parts: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """Several plain tars as one, each in its own folder; "" stands for the top.

    The daemon takes some 60 ms for every upload, however small. Folders belong to the build user,
    what they lie in belongs to root, and files keep the owners and modes that they have.
    """
    known = {""}
    for folder, tar in parts.items():
        yield from _folders(posixpath.dirname(folder), known, 0)
        yield from _folders(folder, known, OWNER)
        with tarfile.open(fileobj=io.BufferedReader(Stream(tar), CHUNK_BYTES), mode="r|") as members:
            for member in members:
                member.name = posixpath.normpath(posixpath.join(folder, member.name))
                member.linkname = posixpath.join(folder, member.linkname) if member.islnk() else member.linkname
                if member.name != (folder or "."):
                    yield from _folders(posixpath.dirname(member.name), known, OWNER)
                    yield from _whole(members, member)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _folders(path: str, known: set[str], owner: int) -> Iterator[bytes]:
    """The folders on the way to `path`, each once."""
    if path in known:
        return
    yield from _folders(posixpath.dirname(path), known, owner)
    known.add(path)
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, 0o755, owner, owner
    yield info.tobuf(tarfile.GNU_FORMAT)


def _whole(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    """A member's header and content, as they stand in a tar."""
    yield member.tobuf(tarfile.GNU_FORMAT)
    if content := tar.extractfile(member) if member.isreg() else None:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
        yield bytes(-member.size % tarfile.BLOCKSIZE)
