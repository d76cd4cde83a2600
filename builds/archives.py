"""From whatever was uploaded or fetched to one clean tar: no path leaves the tree, nothing but files.

The clean tar has members relative to the app's root, owned by the build user; nothing is ever
unpacked on the worker's own disk.
"""

import gzip
import io
import lzma
import math
import posixpath
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import dropwhile
from typing import IO, NamedTuple, Self, cast

import zstandard
from django.conf import settings
from django.utils.translation import gettext as _

from builds.faults import BuildFailed, megabytes

OWNER = 1000
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"

# What the libraries raise for an archive that is broken, beside an `OSError` without a number.
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zstandard.ZstdError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,  # a zip packed by a method that Python does not know
    RecursionError,  # a tar of nothing but headers that announce headers
)

# No file system has longer paths, and a tar header that announces more than this about one file lies.
LONGEST_PATH = 4096
LONGEST_HEADER = 1024 * 1024
ANNOUNCING = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)

# An archive may hold this many times more than what is taken of it, beside the directory that is asked for.
BESIDE = 4

# Finder packs this beside the files themselves.
MACOS = "__MACOSX"


class Member(NamedTuple):
    """An entry of an archive and a way to open its content (None for what has none)."""

    info: tarfile.TarInfo
    open: Callable[[], IO[bytes] | None]


def write_clean(members: Iterable[Member], out: IO[bytes], directory: str = "", strip: str = "") -> int:
    """Write the members below `directory` as a clean tar.zst; return how many files there are.

    `strip` is a directory that all names begin with. Raises `BuildFailed` for what is unsafe, too
    large or not there.
    """
    root = posixpath.normpath(posixpath.join(strip, directory.strip("/")))
    root = "" if root == "." else root
    limits, links, made = _Limits(), set[str](), {""}
    compressor = zstandard.ZstdCompressor(level=1, threads=-1)
    with compressor.stream_writer(out, closefd=False) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        tar.addfile(_directory("."))
        for info, open_content in members:
            name = _below(root, _safe_name(info.name))
            if name is None:
                continue
            _check_kind(info, root)
            _check_way(name, links)
            limits.count(info)
            if info.issym():
                links.add(name)
            if info.isdir():
                made.add(name)
            for parent in _missing_parents(name, made):
                limits.count(_directory(parent))
                tar.addfile(_directory(parent))
            tar.addfile(_clean(info, name, root), open_content())
            tar.members.clear()  # type: ignore[attr-defined]  # or the writer keeps them all
    if not limits.files:
        raise _nothing(directory)
    return limits.files


def _missing_parents(name: str, made: set[str]) -> list[str]:
    """The directories above `name` that are not in `made` yet, from the top; they are now.

    Archives may leave them out. Whoever unpacks would make them as another user, and nobody could
    build in them.
    """
    missing: list[str] = []
    while (name := posixpath.dirname(name)) not in made:
        made.add(name)
        missing.insert(0, name)
    return missing


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Callable[[], Iterator[Member]]]:
    """The members of an uploaded .tar, .tar.gz, .tar.zst or .zip, as often as they are asked for.

    Raises `BuildFailed` if the file is none of these or broken.
    """
    try:
        magic = _peek(file)
        members = partial(_zip_members, file) if magic.startswith(ZIP) else partial(_tar_members, file, magic)
        yield lambda: _bounded(members())
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BuildFailed(
            "archive-broken", _("The archive cannot be read: it is broken, or no .tar.gz, .tar.zst or .zip file.")
        ) from error


def stream_members(tar_stream: IO[bytes]) -> Iterator[Member]:
    """The members of a plain tar that can be read only once."""
    with tarfile.open(fileobj=tar_stream, mode="r|", tarinfo=_Header) as tar:
        while info := tar.next():
            yield Member(info, partial(_content, tar, info))
            tar.members.clear()  # type: ignore[attr-defined]  # or the reader keeps them all


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
    inside = False
    for name in map(posixpath.normpath, names):
        top, _, rest = name.partition("/")
        if top in (".", MACOS):
            continue
        tops.add(top)
        inside = inside or bool(rest)
        if len(tops) > 1:
            return ""
    return tops.pop() if tops and inside else ""


class _Header(tarfile.TarInfo):
    """Says so where `tarfile` would take a header that is broken or cut off for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the real end: a block of zeros
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if info.size < 0 or (info.type in ANNOUNCING and info.size > LONGEST_HEADER):
            raise tarfile.ReadError("A header announces a size that cannot be.")
        return info


def _bounded(members: Iterable[Member]) -> Iterator[Member]:
    """The same members, until they are more than any archive of a source holds."""
    limits = _Limits(BESIDE)
    for member in members:
        limits.count(member.info)
        yield member


class _Limits:
    def __init__(self, times: int = 1) -> None:
        self.files = self.bytes = self._entries = 0
        self._most_bytes, self._most_files = settings.SOURCE_BYTES * times, settings.SOURCE_FILES * times

    def count(self, info: tarfile.TarInfo) -> None:
        self._entries += 1
        self.files += not info.isdir()
        self.bytes += max(0, info.size) if info.isreg() else 0
        if self.bytes > self._most_bytes:
            raise BuildFailed(
                "archive-too-large",
                _("The source is larger than %(size)s unpacked.") % {"size": megabytes(settings.SOURCE_BYTES)},
            )
        if self.files > self._most_files or self._entries > 2 * self._most_files:
            raise BuildFailed(
                "archive-too-large",
                _("The source has more than %(count)s files.") % {"count": settings.SOURCE_FILES},
            )


def _safe_name(name: str) -> str:
    clean = posixpath.normpath(name)
    if name.startswith("/") or clean == ".." or clean.startswith("../"):
        raise BuildFailed(
            "archive-unsafe", _("The source has a path that leaves its tree: %(name)s") % {"name": name[:200]}
        )
    if len(name) > LONGEST_PATH or "\0" in name:
        raise BuildFailed(
            "archive-unsafe", _("The source has a path that no file can have: %(name)s") % {"name": name[:200]}
        )
    return clean


def _below(root: str, name: str) -> str | None:
    """The name relative to the root; None for what is not below it, and for Git's own files."""
    if root:
        if not name.startswith(f"{root}/"):
            return None
        name = name[len(root) + 1 :]
    parts = name.split("/")
    return None if name == "." or ".git" in parts or parts[0] == MACOS else name


def _check_way(name: str, links: set[str]) -> None:
    """Nothing may lie behind a link: where it would end up, nobody has checked."""
    parts = name.split("/")
    if links and any("/".join(parts[:count]) in links for count in range(1, len(parts))):
        raise BuildFailed("archive-unsafe", _("The source has a path through a link: %(name)s") % {"name": name[:200]})


def _check_kind(info: tarfile.TarInfo, root: str) -> None:
    if not (info.isreg() or info.isdir() or info.issym() or info.islnk()):
        raise BuildFailed("archive-unsafe", _("The source has a device or pipe: %(name)s") % {"name": info.name[:200]})
    if info.issym():
        target = posixpath.normpath(posixpath.join(posixpath.dirname(posixpath.normpath(info.name)), info.linkname))
    elif info.islnk():
        target = posixpath.normpath(info.linkname)
    else:
        return
    outside = target.startswith(("/", "../")) or target == ".."
    if outside or (root and target != root and not target.startswith(f"{root}/")) or "\0" in target:
        raise BuildFailed(
            "archive-unsafe", _("The source has a link that leaves its tree: %(name)s") % {"name": info.name[:200]}
        )


def _clean(info: tarfile.TarInfo, name: str, root: str) -> tarfile.TarInfo:
    clean = tarfile.TarInfo(name)
    clean.type = tarfile.REGTYPE if info.isreg() else info.type
    clean.size = info.size if info.isreg() else 0
    clean.mtime = int(min(max(0, info.mtime), 2**33)) if math.isfinite(info.mtime) else 0
    clean.uid = clean.gid = OWNER
    clean.mode = 0o755 if info.isdir() or info.mode & 0o111 else 0o644
    if info.issym():
        clean.linkname = _plain_target(info.linkname)
    elif info.islnk():
        clean.linkname = _below(root, posixpath.normpath(info.linkname)) or name
    return clean


def _plain_target(target: str) -> str:
    """The same target, but no `..` behind a name: the name may be a link itself and lead elsewhere."""
    behind = dropwhile(lambda part: part in ("..", "."), target.split("/"))
    return posixpath.normpath(target) if ".." in behind else target


def _directory(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid, info.mtime = tarfile.DIRTYPE, 0o755, OWNER, OWNER, int(time.time())
    return info


def _nothing(directory: str) -> BuildFailed:
    if directory:
        return BuildFailed(
            "directory-missing",
            _("There is no directory %(directory)s in the source, or it is empty.") % {"directory": directory},
        )
    return BuildFailed("archive-empty", _("The archive has no files."))


def _peek(file: IO[bytes]) -> bytes:
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    return magic


def _tar_members(file: IO[bytes], magic: bytes) -> Iterator[Member]:
    file.seek(0)
    if magic.startswith(ZSTD):
        unpacker = zstandard.ZstdDecompressor().stream_reader(file, closefd=False, read_across_frames=True)
        yield from _checked(cast(IO[bytes], unpacker))
    elif magic.startswith(GZIP):
        yield from _checked(cast(IO[bytes], gzip.GzipFile(fileobj=file)))
    else:
        yield from stream_members(file)


def _checked(plain: IO[bytes]) -> Iterator[Member]:
    """The members; then the unpacker is asked for what little follows the tar, so that it sees its checksum."""
    with plain:
        yield from stream_members(plain)
        plain.read(LONGEST_HEADER)


def _zip_members(file: IO[bytes]) -> Iterator[Member]:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            yield _zip_member(archive, entry)


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    if entry.flag_bits & 1:
        raise BuildFailed("archive-broken", _("The archive is encrypted. Upload it without a password."))
    info = tarfile.TarInfo(entry.filename)
    mode = entry.external_attr >> 16
    info.mode = mode & 0o777 or 0o644
    info.mtime = int(time.mktime((*entry.date_time, 0, 0, -1)))
    if entry.is_dir():
        info.type = tarfile.DIRTYPE
        return Member(info, lambda: None)
    if stat.S_ISLNK(mode):
        if entry.file_size > LONGEST_PATH:
            raise zipfile.BadZipFile("A link's target is longer than any path.")
        info.type, info.linkname = tarfile.SYMTYPE, archive.read(entry).decode(errors="surrogateescape")
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
