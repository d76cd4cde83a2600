"""Small tar streams for tests."""

import io
import tarfile
from collections.abc import Iterator
from typing import Any

Member = tuple[tarfile.TarInfo, bytes]


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


def packed(*members: Member, format_: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def file(name: str, content: bytes = b"", **facts: Any) -> Member:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for fact, value in facts.items():
        setattr(member, fact, value)
    return member, content


def folder(name: str, **facts: Any) -> Member:
    return file(name, type=tarfile.DIRTYPE, **facts)


def link(name: str, target: str) -> Member:
    return file(name, type=tarfile.LNKTYPE, linkname=target)


def built_at(built: int, *more: Member) -> bytes:
    """What a build packs, at a time: its own files are new, what was installed is what it was."""
    ours = {"uid": 1000, "gid": 1000}
    return packed(
        folder("./", mtime=built, **ours),
        folder("./.heroku", mtime=built, mode=0o755, **ours),
        folder("./.heroku/python", mtime=5, mode=0o700, **ours),
        file("./.heroku/python/django.py", b"django", mtime=5, **ours),
        file("./Procfile", b"web: run", mtime=built, **ours),
        folder("./vendor", mtime=built, **ours),
        file("./vendor/gem.rb", b"gem", mtime=5, **ours),
        *more,
    )
