"""Many viewers of one log, without browsers: `python -m tests.bench.viewers PORT PATH COOKIE COUNT`.

Each is a websocket (RFC 6455) that reads and answers as the page does, and does no more than that: they share the
machine with what is measured. Prints `connected` when all have been greeted; for each line of its input, as JSON, how
many viewers are there, how many batches they got since the last time, and when lines came that say `tick MILLISECONDS`:
so long after that moment, for one viewer of every `EVERY`.
"""

import asyncio
import base64
import json
import os
import re
import sys
import time

AT_ONCE = 20
ANSWER_AFTER = 10  # as the page does
EVERY = 10
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
LINES, BEHIND = b'{"t": "lines"', b'{"t": "behind"'
TICK = re.compile(rb'"tick (\d+)"')


class Viewer(asyncio.Protocol):
    """One of them."""

    def __init__(self, request: bytes, *, is_asked: bool) -> None:
        self.greeted = asyncio.Event()
        self.is_there = False
        self.batches = 0
        self.delays: list[int] = []
        self._request = request
        self._is_asked = is_asked
        self._unread = b""
        self._unanswered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, _: Exception | None) -> None:
        self.is_there = False

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self.is_there:
            head, found, self._unread = self._unread.partition(b"\r\n\r\n")
            if not found:
                self._unread = head
                return
            assert b" 101 " in head, head
            self.is_there = True
            self._say({"since": 0})
        while frame := _frame(self._unread):
            kind, start, end = frame
            content, self._unread = self._unread[start:end], self._unread[end:]
            self._take(kind, content)

    def _take(self, kind: int, content: bytes) -> None:
        self.greeted.set()
        if kind == CLOSE:
            self._transport.close()
        elif kind == PING:
            self._send(PONG, content)
        elif content.startswith(LINES):
            self.batches += 1
            self._unanswered += 1
            if self._unanswered == ANSWER_AFTER:
                self._unanswered = 0
                self._say({"ack": ANSWER_AFTER})
            if self._is_asked:
                now = time.time_ns() // 1_000_000
                self.delays += [now - int(told) for told in TICK.findall(content)]
        elif content.startswith(BEHIND):  # a browser would fetch what it lacks, and go on from there
            self._say({"since": json.loads(content)["seq"]})

    def _say(self, message: dict[str, int]) -> None:
        self._send(TEXT, json.dumps(message).encode())

    def _send(self, kind: int, content: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
        self._transport.write(bytes([kind, 0x80 | len(content)]) + mask + masked)


def _frame(data: bytes) -> tuple[int, int, int] | None:
    """Of the first frame that is all there: its first byte, and from where to where its content goes."""
    start = 2
    if len(data) < start:
        return None
    if (length := data[1] & 0x7F) >= 126:
        start = 4 if length == 126 else 10
        length = int.from_bytes(data[2:start])
    end = start + length
    return (data[0], start, end) if len(data) >= end else None


def _request(port: int, path: str, cookie: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        f"Origin: http://localhost:{port}",
        f"Cookie: {cookie}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def main(port: int, path: str, cookie: str, count: int) -> None:
    """Have them all connect, a few at once, and tell of them until nobody asks any more."""
    viewers = [Viewer(_request(port, path, cookie), is_asked=place % EVERY == 0) for place in range(count)]
    loop = asyncio.get_running_loop()
    for place, viewer in enumerate(viewers):
        await loop.create_connection(lambda viewer=viewer: viewer, "127.0.0.1", port)  # type: ignore[misc]
        if place % AT_ONCE == AT_ONCE - 1:
            await viewer.greeted.wait()
    await asyncio.gather(*(viewer.greeted.wait() for viewer in viewers))
    _print("connected")
    while await asyncio.to_thread(sys.stdin.readline):
        _print(json.dumps(_told(viewers)))


def _told(viewers: list[Viewer]) -> dict[str, object]:
    told = {
        "there": sum(each.is_there for each in viewers),
        "batches": sum(each.batches for each in viewers),
        "delays": [delay for each in viewers for delay in each.delays],
    }
    for each in viewers:
        each.batches, each.delays = 0, []
    return told


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
