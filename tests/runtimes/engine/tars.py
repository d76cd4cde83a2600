"""Small tar streams for tests."""

import io
import tarfile
from collections.abc import Iterator


def tar(files: dict[str, bytes], mode: int = 0o644) -> list[bytes]:
    """Return a tar stream of files, owned by the platform's user, as builders and storage give it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.mode, member.uid, member.gid = len(content), mode, 1000, 1000
            archive.addfile(member, io.BytesIO(content))
    return [buffer.getvalue()]


def untar(stream: Iterator[bytes]) -> dict[str, bytes]:
    """Return the files of a tar stream."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream)), mode="r:") as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def broken() -> Iterator[bytes]:
    """Give the beginning of a tar stream, then break off as a storage does that went away."""
    yield tar({"a": b"x" * 100_000})[0][:50_000]
    raise OSError("the storage went away")


def cut() -> list[bytes]:
    """Return a tar stream that ends in the middle of a file."""
    return [tar({"a": b"x" * 100_000})[0][:50_000]]
