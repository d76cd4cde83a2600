"""A slug's tar as layers of an image: the same members, in the same order, below a directory of the root.

What was installed is a layer of its own below the rest. It is byte for byte that of the build before while nothing
else is required, and the daemon has it then.

Headers are changed where they stand: `tarfile` would read and write each of them, ten times as slowly.
Format: "Basic Tar Format" in GNU tar's manual; pax records as in POSIX.1-2017, "pax Interchange Format".
"""

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from runtimes.engine.base import EngineError, gettext_noop

BLOCK = 512
NAME, LINK, CHECKSUM, PREFIX = slice(0, 100), slice(157, 257), slice(148, 156), slice(345, 500)
SIZE, TYPE, MAGIC = slice(124, 136), slice(156, 157), slice(257, 265)
FIELD_BYTES = 100
END = bytes(2 * BLOCK)
HARD_LINK, FOLDER = b"1", b"5"
LONG_NAME, LONG_LINK, PAX = b"L", b"K", b"x"

# Where buildpacks and package managers put what they install, at the top of an app.
INSTALLED = frozenset({b".heroku", b"node_modules", b"vendor"})


class Member(NamedTuple):
    """One member of a tar. Its content is to be taken before the next member is."""

    kind: bytes
    name: bytes
    link: bytes
    header: bytes
    content: Iterator[bytes]


def layers(tar: Iterable[bytes], below: str, uid: int) -> Iterator[tuple[bool, bytes]]:
    """Yield the plain tar `tar`, every member below the directory `below`, as two layers that belong to `uid`.

    Each piece comes with whether it is of the layer of what was installed. That one may have no piece at all; the other
    goes on top of it. A hard link lies where its target does. Raises `EngineError` if `tar` is no whole tar, or has a
    name that leads out of it.
    """
    top = below.strip("/").encode()
    folders: dict[bytes, bytes] = {}
    there: dict[bool, set[bytes]] = {True: {b""}, False: {b"", top}}
    yield False, directory(below, uid, uid)
    for member in _members(tar, below):
        installed = _is_installed(member.link if member.kind == HARD_LINK else member.name, top)
        for folder in _missing(member.name, there[installed]):
            # The upper layer has the last word on a folder that is in both. What it says differs from build to build.
            known = None if installed else folders.get(folder)
            yield installed, known or directory(folder.decode(errors="surrogateescape"), uid, uid)
        if member.kind == FOLDER:
            there[installed].add(member.name)
            folders[member.name] = member.header
        yield installed, member.header
        for piece in member.content:
            yield installed, piece
    for installed, names in there.items():
        if top in names:
            yield installed, END


def members(tar: Iterable[bytes], below: str) -> Iterator[bytes]:
    """The members of a plain tar, every one below the directory `below`, without an end: others may follow.

    The tar's own top (`./`) is left out.
    """
    for member in _members(tar, below):
        yield member.header
        yield from member.content


def _is_installed(name: bytes, top: bytes) -> bool:
    """Whether it lies below one of those folders; the folder itself is made anew by every build."""
    first, _, rest = name.removeprefix(top).lstrip(b"/").partition(b"/")
    return bool(rest) and first in INSTALLED


def _missing(name: bytes, there: set[bytes]) -> list[bytes]:
    """The folders that hold it and are not there yet, outermost first; they are from now on."""
    found, folder = [], posixpath.dirname(name)
    while folder not in there:
        there.add(folder)
        found.append(folder)
        folder = posixpath.dirname(folder)
    return found[::-1]


def _members(tar: Iterable[bytes], below: str) -> Iterator[Member]:
    source, top, pending = _Source(tar), below.strip("/").encode(), _Pending()
    while any(header := source.take(BLOCK)):
        size = _number(header[SIZE])
        if header[TYPE] in (LONG_NAME, LONG_LINK, PAX):
            pending.note(header[TYPE], source.take(_whole(size))[:size])
            continue
        name = _moved(pending.name or _name(header), top)
        link = pending.link or _text(header[LINK])
        if header[TYPE] == HARD_LINK:
            link = _moved(link, top)
        if name != top:
            before = pending.rest() + _header(header, name, link)
            yield Member(bytes(header[TYPE]), name, link, before, source.pass_on(_whole(size)))
        pending = _Pending()


class _Pending:
    """What comes before a member's header when the header has too little room for it."""

    def __init__(self) -> None:
        self.name = self.link = b""
        self._records: dict[bytes, bytes] = {}

    def note(self, kind: bytes, data: bytes) -> None:
        if kind == LONG_NAME:
            self.name = data.rstrip(b"\0")
        elif kind == LONG_LINK:
            self.link = data.rstrip(b"\0")
        else:
            self._records = dict(_records(data))
            self.name = self._records.pop(b"path", self.name)
            self.link = self._records.pop(b"linkpath", self.link)

    def rest(self) -> bytes:
        """The records that are about neither name nor link, as a member of their own."""
        data = b"".join(_record(key, value) for key, value in self._records.items())
        return _extra(PAX, data) if data else b""


class _Source:
    """A stream of chunks, taken in exact amounts."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk, self._at = b"", 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._chunk):
            return b"".join(self.pass_on(size))
        taken, self._at = self._chunk[self._at : end], end
        return taken

    def pass_on(self, size: int) -> Iterator[bytes]:
        while size:
            if self._at == len(self._chunk):
                self._chunk, self._at = self._next(), 0
            piece = self._chunk[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def _next(self) -> bytes:
        for chunk in self._chunks:
            if chunk:
                return bytes(chunk)
        raise EngineError(gettext_noop("It is no whole tar: it ends too early."))


def _moved(name: bytes, top: bytes) -> bytes:
    clean = posixpath.normpath(name)
    if clean.startswith((b"/", b"../")) or clean == b"..":
        raise EngineError(
            gettext_noop("The tar has a name that leads out of it: %(name)s"), name=name.decode(errors="replace")[:200]
        )
    return top if clean == b"." else posixpath.join(top, clean)


def _header(header: bytes, name: bytes, link: bytes) -> bytes:
    """The header with another name and link; names that have no room come before it."""
    before = _extra(LONG_LINK, link + b"\0") if len(link) > FIELD_BYTES else b""
    if len(name) > FIELD_BYTES:
        before += _extra(LONG_NAME, name + b"\0")
    changed = bytearray(header)
    changed[NAME] = name[:FIELD_BYTES].ljust(FIELD_BYTES, b"\0")
    changed[LINK] = link[:FIELD_BYTES].ljust(FIELD_BYTES, b"\0")
    if _has_prefix(header):
        changed[PREFIX] = bytes(PREFIX.stop - PREFIX.start)
    changed[CHECKSUM] = b" " * 8
    changed[CHECKSUM] = b"%06o\0 " % sum(changed)
    return before + bytes(changed)


def _extra(kind: bytes, data: bytes) -> bytes:
    return _extra_header(kind, len(data)) + data.ljust(_whole(len(data)), b"\0")


@lru_cache(maxsize=1024)
def _extra_header(kind: bytes, size: int) -> bytes:
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


def directory(path: str, uid: int, gid: int) -> bytes:
    """A directory as a member of a tar; it is named from the root."""
    member = tarfile.TarInfo(path.strip("/"))
    member.type, member.mode, member.uid, member.gid = tarfile.DIRTYPE, 0o755, uid, gid
    return member.tobuf(tarfile.GNU_FORMAT)


def _name(header: bytes) -> bytes:
    name = _text(header[NAME])
    prefix = _text(header[PREFIX]) if _has_prefix(header) else b""
    return prefix + b"/" + name if prefix else name


def _has_prefix(header: bytes) -> bool:
    """Whether this is POSIX's header; GNU's has other things in that place."""
    return header[MAGIC] == tarfile.POSIX_MAGIC


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """Octal digits; or, of what is too large for them, the bytes themselves behind a mark."""
    try:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else int(_text(field).strip() or b"0", 8)
    except ValueError as error:
        raise EngineError(gettext_noop("It is no tar.")) from error


def _whole(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Records are "LENGTH KEY=VALUE\\n", where the length counts itself too."""
    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        digits = b""
        while (byte := stream.read(1)).isdigit():
            digits += byte
        key, _, value = stream.read(int(digits or b"0") - len(digits) - 1)[:-1].partition(b"=")
        if not key:
            raise EngineError(gettext_noop("It is no tar."))
        yield key, value


def _record(key: bytes, value: bytes) -> bytes:
    size = len(key) + len(value) + 3
    length = size + len(str(size))
    length = size + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)
