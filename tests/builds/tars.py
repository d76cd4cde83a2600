"""Archives for tests, good and bad."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Iterable

import zstandard

from builds import archives

File = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"content", **facts: object) -> File:
    """A regular file; `facts` are fields of its header."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for key, value in facts.items():
        setattr(info, key, value)
    return info, content


def entry(name: str, kind: bytes, target: str = "") -> File:
    """A directory, link, device or pipe."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, 0o755
    return info, b""


def symlink(name: str, target: str) -> File:
    return entry(name, tarfile.SYMTYPE, target)


def hardlink(name: str, target: str) -> File:
    return entry(name, tarfile.LNKTYPE, target)


def directory(name: str) -> File:
    return entry(name, tarfile.DIRTYPE)


def tar(*files: File) -> bytes:
    """A plain tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for info, content in files:
            out.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(files: Iterable[tuple[str, bytes, int]]) -> bytes:
    """A zip of (name, content, Unix mode)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content, mode in files:
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            out.writestr(info, content)
    return buffer.getvalue()


def zip_link(name: str, target: str) -> tuple[str, bytes, int]:
    return name, target.encode(), stat.S_IFLNK | 0o777


def clean(data: bytes, directory: str = "") -> bytes:
    """What becomes of an upload, as a plain tar."""
    out = io.BytesIO()
    with archives.opened(io.BytesIO(data)) as members:
        strip = archives.wrapper(member.info.name for member in members())
        archives.write_clean(members(), out, directory, strip)
    return zstandard.ZstdDecompressor().decompressobj().decompress(out.getvalue())


def listed(plain: bytes) -> dict[str, tarfile.TarInfo]:
    """The members of a plain tar by name, without its top."""
    with tarfile.open(fileobj=io.BytesIO(plain)) as found:
        return {info.name: info for info in found if info.name != "."}


def contents(plain: bytes) -> dict[str, bytes]:
    """The regular files of a plain tar."""
    with tarfile.open(fileobj=io.BytesIO(plain)) as found:
        return {info.name: content.read() for info in found if (content := found.extractfile(info)) and info.isreg()}
