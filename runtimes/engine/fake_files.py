"""The files of a pretended container: a tree in memory that takes and gives tar streams."""

import errno
import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from runtimes.engine.base import EngineError

OWNER = 1000


@dataclass(frozen=True)
class Entry:
    """A file, or a directory where `content` is None."""

    content: bytes | None
    mode: int
    uid: int
    gid: int
    link: str = ""


ROOT = Entry(None, 0o755, 0, 0)
Files = dict[str, Entry]


class Tree:
    """Files by absolute path; what lies below a mount point is kept in the mounted volume, unless that is `sealed`."""

    def __init__(
        self,
        files: Mapping[str, Entry] | None = None,
        mounts: Mapping[str, Files] | None = None,
        sealed: frozenset[str] = frozenset(),
    ) -> None:
        self.own: Files = dict(files or {})
        self.mounts = dict(mounts or {})
        self._sealed = sealed
        for point in self.mounts:
            self.own.setdefault(point, ROOT)

    def exists(self, path: str) -> bool:
        return path == "/" or self._home(path).get(_clean(path)) is not None

    def make_directory(self, path: str, uid: int = 0, gid: int = 0) -> None:
        """Make a directory and its missing parents, which belong to root."""
        above = _clean(path).split("/")[1:-1]
        for depth in range(len(above)):
            if not self.exists(parent := "/" + "/".join(above[: depth + 1])):
                self._set(parent, ROOT)
        if not self.exists(path):
            self._set(path, Entry(None, 0o755, uid, gid))

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Put a file, as the user of a job would."""
        self.make_directory(str(PurePosixPath(path).parent), OWNER, OWNER)
        self._set(path, Entry(content, mode, OWNER, OWNER))

    def read(self, path: str) -> bytes:
        """Return a file's content; raise `FileNotFoundError` where there is no file."""
        entry = self._home(path).get(_clean(path))
        if entry is None or entry.content is None:
            raise FileNotFoundError(path)
        return entry.content

    def unpack(self, path: str, tar: Iterable[bytes]) -> None:
        """Unpack a plain tar stream at `path`, all of it or, if it breaks off, none."""
        data = b"".join(tar)
        if not self.exists(path):
            raise EngineError(f"There is no {path} in the container.")
        if not data:
            return
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
                found = [(member, archive.extractfile(member)) for member in archive]
        except tarfile.TarError as error:
            raise EngineError(f"The files for {path} cannot be unpacked: {error}.") from error
        try:
            for member, file in found:
                self._take(str(PurePosixPath(path) / member.name), member, file.read() if file else None)
        except OSError as error:
            raise EngineError(f"The files for {path} cannot be unpacked: {error.strerror}.") from error

    def pack(self, path: str) -> Iterator[bytes]:
        """Yield what lies at `path` as a tar stream whose names begin with the last part of `path`."""
        if not self.exists(path):
            raise EngineError(f"There is no {path} in the container.")
        base, buffer = PurePosixPath(_clean(path)), io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, entry in sorted(self._below(base).items()):
                info = _member(str(PurePosixPath(base.name) / PurePosixPath(name).relative_to(base)), entry)
                tar.addfile(info, io.BytesIO(entry.content or b""))
        yield buffer.getvalue()

    def _take(self, path: str, member: tarfile.TarInfo, content: bytes | None) -> None:
        self.make_directory(str(PurePosixPath(_clean(path)).parent))
        if not (member.isdir() and self.exists(path)):
            self._set(path, Entry(content, member.mode, member.uid, member.gid, member.linkname))

    def _below(self, base: PurePosixPath) -> Files:
        everything = self.own | {name: entry for volume in self.mounts.values() for name, entry in volume.items()}
        return {name: entry for name, entry in everything.items() if PurePosixPath(name).is_relative_to(base)}

    def _set(self, path: str, entry: Entry) -> None:
        if self._point(path) in self._sealed:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        self._home(path)[_clean(path)] = entry

    def _home(self, path: str) -> Files:
        return self.mounts.get(self._point(path), self.own)

    def _point(self, path: str) -> str:
        return next((point for point in self.mounts if _clean(path).startswith(f"{point}/")), "")


# Plain text on purpose: a path is looked at dozens of times for each file, and hundreds of tests make files.
def _clean(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def _member(name: str, entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid, info.linkname = entry.mode, entry.uid, entry.gid, entry.link
    if entry.content is not None:
        info.size = len(entry.content)
    else:
        info.type = tarfile.SYMTYPE if entry.link else tarfile.DIRTYPE
    return info
