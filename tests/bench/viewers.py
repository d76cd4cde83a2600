"""Many viewers of one log, without browsers: `python -m tests.bench.viewers PORT PATH COOKIE COUNT`.

Each is a websocket (RFC 6455) that reads and answers as the page does. Prints `connected` when all have been greeted,
and at the end of its input the numbers of viewers that were still there and of batches that they got.
"""

import asyncio
import base64
import json
import os
import sys

AT_ONCE = 20
ANSWER_AFTER = 10  # as the page does
TEXT = 0x81


class Viewer:
    """One of them."""

    def __init__(self) -> None:
        self.greeted = asyncio.Event()
        self.batches = 0
        self.is_there = False

    async def watch(self, port: int, path: str, cookie: str) -> None:
        """Connect, ask for everything, and read to the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: localhost:{port}",
            f"Origin: http://localhost:{port}",
            f"Cookie: {cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer, answer
        self.is_there = True
        _say(writer, {"since": 0})
        try:
            while text := await _frame(reader):
                self._take(json.loads(text), writer)
        finally:
            self.is_there = False
            writer.close()

    def _take(self, message: dict[str, object], writer: asyncio.StreamWriter) -> None:
        self.greeted.set()
        if message["t"] == "lines":
            self.batches += 1
            if self.batches % ANSWER_AFTER == 0:
                _say(writer, {"ack": ANSWER_AFTER})
        elif message["t"] == "behind":  # a browser would fetch what it lacks, and go on from there
            _say(writer, {"since": int(str(message["seq"]))})


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The content of the next text; empty when the other side closes."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8))
    content = await reader.readexactly(length)
    return content if head[0] == TEXT else b""


def _say(writer: asyncio.StreamWriter, message: dict[str, int]) -> None:
    content, mask = json.dumps(message).encode(), os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
    writer.write(bytes([TEXT, 0x80 | len(content)]) + mask + masked)


async def main(port: int, path: str, cookie: str, count: int) -> None:
    """Have them all connect, a few at once, and wait until nobody wants them any more."""
    viewers = [Viewer() for _ in range(count)]
    tasks = []
    for place, viewer in enumerate(viewers):
        tasks.append(asyncio.create_task(viewer.watch(port, path, cookie)))
        if place % AT_ONCE == AT_ONCE - 1:
            await viewer.greeted.wait()
    await asyncio.gather(*(viewer.greeted.wait() for viewer in viewers))
    _print("connected")
    await asyncio.to_thread(sys.stdin.read)
    _print(
        json.dumps({"there": sum(each.is_there for each in viewers), "batches": sum(each.batches for each in viewers)})
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
