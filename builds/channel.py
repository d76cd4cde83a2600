"""The builder's structured channel: events between the lines of its output, in the order they came.

An event is RS, the build's nonce, RS, one line of JSON, newline. Only the driver knows the nonce.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

RS = b"\x1e"

# Longer than any event: what follows a marker without a newline for this long is not one.
LONGEST = 256 * 1024

Event = dict[str, Any]


def split(chunks: Iterable[bytes], nonce: str) -> Iterator[bytes | Event]:
    """The output without its events, and the events, in order; the stream may be cut anywhere."""
    marker = RS + nonce.encode() + RS
    held = b""
    for chunk in chunks:
        held += chunk
        while (start := held.find(marker)) >= 0 and (end := held.find(b"\n", start)) >= 0:
            if start:
                yield held[:start]
            yield json.loads(held[start + len(marker) : end])
            held = held[end + 1 :]
        safe = _safe_length(held, marker)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _safe_length(held: bytes, marker: bytes) -> int:
    """How much of `held` cannot be the beginning of an event."""
    start = held.find(marker)
    if start >= 0:
        return start if len(held) - start < LONGEST else len(held)
    for length in range(min(len(marker) - 1, len(held)), 0, -1):
        if held.endswith(marker[:length]):
            return len(held) - length
    return len(held)
