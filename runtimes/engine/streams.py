"""Docker's byte streams: frames of output, dated lines, and tar streams on their way in."""

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

HEADER = struct.Struct(">BxxxL")
PIECE = 1024 * 1024

# In bytes. Of a longer line the beginning is kept: one that never ends would fill the memory of who reads it.
LONGEST_LINE = 64 * 1024


class Source(Protocol):
    """Something that gives up to `size` bytes, and none at its end."""

    def read(self, size: int, /) -> bytes: ...


def frames(source: Source) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, payload) of a multiplexed stream; kind is 1 for output, 2 for errors.

    A stream that breaks off in a frame ends with what came of it.
    Format: Engine API, "Attach to a container", stream format.
    """
    while len(header := _exactly(source, HEADER.size)) == HEADER.size:
        kind, length = HEADER.unpack(header)
        payload = _exactly(source, length)
        if payload:
            yield kind, payload
        if len(payload) < length:
            return


def _exactly(source: Source, size: int) -> bytes:
    pieces = []
    while size and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def dated_lines(framed: Iterable[tuple[int, bytes]], *, whole: bool = False) -> Iterator[tuple[datetime, bytes]]:
    """Yield (time, line without its end) of a log with timestamps; with `whole` those only that end.

    Docker cuts lines at 16 KB and dates each part, but only the last part ends in a newline.
    """
    return join_lines(_dated(framed), whole=whole)


def _dated(framed: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, datetime, bytes]]:
    for kind, payload in framed:
        stamp, _, text = payload.partition(b" ")
        yield kind, parse_time(stamp.decode("ascii")), text


def join_lines(
    parts: Iterable[tuple[int, datetime, bytes]], *, whole: bool = False
) -> Iterator[tuple[datetime, bytes]]:
    """Yield (time of its first part, line without its end), in the order in which lines end.

    Parts are joined per kind, and cut where they hold several lines. What has not ended when the
    parts do comes last, unless only `whole` lines are wanted. Of a line only `LONGEST_LINE` is kept.
    """
    unended: dict[int, tuple[datetime, bytearray]] = {}
    for kind, when, data in parts:
        for piece in _cut(data):
            begun, line = unended.pop(kind, (when, bytearray()))
            line += piece[: LONGEST_LINE - len(line)]
            if piece.endswith(b"\n"):
                yield begun, _kept(line)
            else:
                unended[kind] = (begun, line)
    if not whole:
        yield from ((begun, _kept(line)) for begun, line in unended.values())


def _kept(line: bytearray) -> bytes:
    """The line without its end; of one that was cut without what overwrites it, which may end in half of a secret."""
    if len(line) < LONGEST_LINE:
        return bytes(line.removesuffix(b"\n"))
    return bytes(line.rpartition(b"\r")[0] or line)


def _cut(data: bytes) -> list[bytes]:
    """Cut after each newline, and there only: a carriage return belongs to its line."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def parse_time(text: str) -> datetime:
    """Return a time of Docker's (RFC 3339 with nanoseconds, in UTC or with an offset)."""
    whole, _, rest = text.partition(".")
    if not rest:
        return datetime.fromisoformat(text).astimezone(UTC)
    digits = rest.rstrip("Z").partition("+")[0].partition("-")[0]
    offset = rest[len(digits) :].replace("Z", "+00:00")
    return datetime.fromisoformat(f"{whole}.{digits[:6]:<06}{offset}").astimezone(UTC)


class Incoming:
    """A caller's tar stream on its way to the daemon.

    Iterated by the HTTP library, which would take an `OSError` of the caller's for one of its own;
    so what goes wrong here is kept in `error` for whoever gave us the stream.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.error: BaseException | None = None
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from (bytes(chunk) for chunk in self._chunks if chunk)
        except BaseException as error:
            self.error = error
            raise
