"""From whatever was uploaded or fetched to one clean tar: no path leaves the tree, nothing but files.

The clean tar has members relative to the app's root, owned by the build user; nothing is ever
unpacked on the worker's own disk.
"""

import io
import posixpath
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, NamedTuple, cast

import zstandard
from django.conf import settings

from builds.faults import BuildFailed, megabytes

OWNER = 1000
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"


class Member(NamedTuple):
    """An entry of an archive and a way to open its content (None for what has none)."""

    info: tarfile.TarInfo
    open: Callable[[], IO[bytes] | None]


def write_clean(members: Iterable[Member], out: IO[bytes], directory: str = "", strip: str = "") -> int:
    """Write the members below `directory` as a clean tar.zst; return how many files there are.

    `strip` is a directory that all names begin with. Raises `BuildFailed` for what is unsafe, too
    large or not there.
    """
    root = posixpath.normpath(posixpath.join(strip, directory)) if strip or directory else ""
    limits = _Limits()
    compressor = zstandard.ZstdCompressor(level=1, threads=-1)
    with compressor.stream_writer(out, closefd=False) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        tar.addfile(_directory("."))
        for info, open_content in members:
            name = _below(root, _safe_name(info.name))
            if name is None:
                continue
            _check_kind(info, root)
            limits.count(info)
            tar.addfile(_clean(info, name, root), open_content())
    if not limits.files:
        raise _nothing(directory)
    return limits.files


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Callable[[], Iterator[Member]]]:
    """The members of an uploaded .tar, .tar.gz, .tar.zst or .zip, as often as they are asked for.

    Raises `BuildFailed` if the file is none of these or broken.
    """
    try:
        magic = _peek(file)
        yield (lambda: _zip_members(file)) if magic.startswith(ZIP) else (lambda: _tar_members(file, magic))
    except (tarfile.TarError, zipfile.BadZipFile, zstandard.ZstdError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BuildFailed(
            "archive-broken", "The archive cannot be read: it is broken, or no .tar.gz, .tar.zst or .zip file."
        ) from error


def stream_members(tar_stream: IO[bytes]) -> Iterator[Member]:
    """The members of a plain tar that can be read only once."""
    with tarfile.open(fileobj=tar_stream, mode="r|") as tar:
        for info in tar:
            yield Member(info, partial(_content, tar, info))


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes] | None:
    return tar.extractfile(info) if info.isreg() else None


def noting(names: set[str], members: Iterable[Member], strip: str = "") -> Iterator[Member]:
    """The same members; their names, without the directory `strip`, are added to `names` as they pass."""
    for member in members:
        names.add(posixpath.relpath(member.info.name, strip or "."))
        yield member


def wrapper(names: Iterable[str]) -> str:
    """The one directory that everything lies in, as in a repository's downloaded archive; or ''."""
    tops: set[str] = set()
    for name in map(posixpath.normpath, names):
        top, _, rest = name.partition("/")
        if top == ".":
            continue
        tops.add(top if rest else f"{top}/")
    dirs = {top.rstrip("/") for top in tops}
    inside = {top for top in tops if not top.endswith("/")}
    return dirs.pop() if len(dirs) == 1 and inside else ""


class _Limits:
    def __init__(self) -> None:
        self.files = self.bytes = 0

    def count(self, info: tarfile.TarInfo) -> None:
        self.files += not info.isdir()
        self.bytes += info.size if info.isreg() else 0
        if self.bytes > settings.SOURCE_BYTES:
            raise BuildFailed(
                "archive-too-large", f"The source is larger than {megabytes(settings.SOURCE_BYTES)} unpacked."
            )
        if self.files > settings.SOURCE_FILES:
            raise BuildFailed("archive-too-large", f"The source has more than {settings.SOURCE_FILES} files.")


def _safe_name(name: str) -> str:
    clean = posixpath.normpath(name)
    if name.startswith("/") or clean == ".." or clean.startswith("../"):
        raise BuildFailed("archive-unsafe", f"The archive has a path that leaves its tree: {name[:200]}")
    return clean


def _below(root: str, name: str) -> str | None:
    """The name relative to the root; None for what is not below it, and for Git's own files."""
    if root:
        if not name.startswith(f"{root}/"):
            return None
        name = name[len(root) + 1 :]
    return None if name == "." or ".git" in name.split("/") else name


def _check_kind(info: tarfile.TarInfo, root: str) -> None:
    if not (info.isreg() or info.isdir() or info.issym() or info.islnk()):
        raise BuildFailed("archive-unsafe", f"The archive has a device or pipe: {info.name[:200]}")
    if info.issym():
        target = posixpath.normpath(posixpath.join(posixpath.dirname(posixpath.normpath(info.name)), info.linkname))
    elif info.islnk():
        target = posixpath.normpath(info.linkname)
    else:
        return
    outside = target.startswith(("/", "../")) or target == ".."
    if outside or (root and target != root and not target.startswith(f"{root}/")):
        raise BuildFailed("archive-unsafe", f"The archive has a link that leaves its tree: {info.name[:200]}")


def _clean(info: tarfile.TarInfo, name: str, root: str) -> tarfile.TarInfo:
    clean = tarfile.TarInfo(name)
    clean.type = tarfile.REGTYPE if info.isreg() else info.type
    clean.size = info.size if info.isreg() else 0
    clean.mtime = max(0, int(info.mtime))
    clean.uid = clean.gid = OWNER
    clean.mode = 0o755 if info.isdir() or info.mode & 0o111 else 0o644
    clean.linkname = info.linkname
    if info.islnk():
        clean.linkname = _below(root, posixpath.normpath(info.linkname)) or ""
    return clean


def _directory(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid, info.mtime = tarfile.DIRTYPE, 0o755, OWNER, OWNER, int(time.time())
    return info


def _nothing(directory: str) -> BuildFailed:
    if directory:
        return BuildFailed("directory-missing", f"There is no directory {directory} in the source, or it is empty.")
    return BuildFailed("archive-empty", "The archive has no files.")


def _peek(file: IO[bytes]) -> bytes:
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    return magic


def _tar_members(file: IO[bytes], magic: bytes) -> Iterator[Member]:
    file.seek(0)
    if magic.startswith(ZSTD):
        with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as reader:
            yield from stream_members(cast(IO[bytes], reader))
        return
    mode = "r|gz" if magic.startswith(GZIP) else "r|"
    with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
        for info in tar:
            yield Member(info, partial(_content, tar, info))


def _zip_members(file: IO[bytes]) -> Iterator[Member]:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            yield _zip_member(archive, entry)


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    info = tarfile.TarInfo(entry.filename)
    mode = entry.external_attr >> 16
    info.mode = mode & 0o777 or 0o644
    info.mtime = int(time.mktime((*entry.date_time, 0, 0, -1)))
    if entry.is_dir():
        info.type = tarfile.DIRTYPE
        return Member(info, lambda: None)
    if stat.S_ISLNK(mode):
        info.type, info.linkname = tarfile.SYMTYPE, archive.read(entry).decode()
        return Member(info, lambda: None)
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        info.type = tarfile.CHRTYPE
    info.size = entry.file_size
    return Member(info, lambda: archive.open(entry))


class Stream(io.RawIOBase):
    """An iterator of chunks as a file that can be read once; `on_read` sees every chunk."""

    def __init__(self, chunks: Iterable[bytes], on_read: Callable[[bytes], object] = lambda _: None) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self._on_read = on_read
        self._started = False

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To the beginning, while nothing has been read: storages do so before they save."""
        if (offset, whence, self._started) != (0, io.SEEK_SET, False):
            raise io.UnsupportedOperation("This stream can be read only once.")
        return 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._started = True
        while not self._rest:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                return 0
            self._on_read(chunk)
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
