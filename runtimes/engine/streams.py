"""Docker's byte streams: frames of output, dated lines, and tar streams on their way in."""

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

HEADER = struct.Struct(">BxxxL")
PIECE = 1024 * 1024


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


def dated_lines(framed: Iterable[tuple[int, bytes]]) -> Iterator[tuple[datetime, bytes]]:
    """Yield (time, line without its end) of a log with timestamps, in order of their ends.

    Docker cuts lines at 16 KB and dates each part, but only the last part ends in a newline: the
    parts are joined, per kind, and dated as the first one.
    """
    open_lines: dict[int, tuple[datetime, list[bytes]]] = {}
    for kind, payload in framed:
        stamp, _, text = payload.partition(b" ")
        when, parts = open_lines.pop(kind, (parse_time(stamp.decode("ascii")), []))
        parts.append(text)
        if text.endswith(b"\n"):
            yield when, b"".join(parts)[:-1]
        else:
            open_lines[kind] = (when, parts)
    for when, parts in open_lines.values():
        yield when, b"".join(parts)


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
