"""An app for tests: HTTP with keep-alive, an echoing websocket (RFC 6455), and a poll that takes five seconds.

At SIGTERM it does what a good server does: takes no new connections, says goodbye to its websockets, finishes what
was asked of it, and ends.
"""

import asyncio
import base64
import hashlib
import os
import signal
from pathlib import Path

POLL_SECONDS = 5
KEEP_ALIVE_SECONDS = 5  # what Node's and uvicorn's servers do
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8
GOODBYE = (1001).to_bytes(2, "big") + b"SIGTERM"

Headers = dict[str, str]


class Talker:
    """The app; it answers with its text, its colour and its name."""

    def __init__(self, text: str, colour: str, name: str) -> None:
        self.answer = f"{text} {colour} {name}".encode()
        self.ending = asyncio.Event()
        self.busy: set[asyncio.Task[None]] = set()
        self.sockets: set[asyncio.StreamWriter] = set()

    async def serve(self, port: int) -> None:
        """Serve until SIGTERM, and then to the end of what has begun."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ending.set)
        server = await asyncio.start_server(self.visit, "0.0.0.0", port, backlog=256)  # noqa: S104 in a container
        await self.ending.wait()
        server.close()
        for socket in self.sockets:
            socket.write(frame(CLOSE, GOODBYE))
        if self.busy:
            await asyncio.wait(self.busy)

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, with any number of requests."""
        task = asyncio.current_task()
        assert task  # a visit is one
        try:
            while not self.ending.is_set():
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                self.busy.add(task)
                try:
                    await self.respond(reader, writer, head.decode())
                finally:
                    if not self.ending.is_set():
                        self.busy.discard(task)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # they have gone, or asked for nothing more
        finally:
            writer.close()

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        """Answer one request."""
        path, headers = parsed(head)
        if key := headers.get("sec-websocket-key"):
            await self.echo(reader, writer, key)
            return
        await reader.readexactly(int(headers.get("content-length", 0)))
        if path == "/poll":
            await asyncio.sleep(POLL_SECONDS)
        connection = "close" if self.ending.is_set() else "keep-alive"
        length = len(self.answer)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: {connection}\r\n\r\n".encode())
        writer.write(self.answer)
        await writer.drain()

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        """Speak websocket until one side says goodbye."""
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()  # noqa: S324 RFC 6455
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self.sockets.add(writer)
        try:
            kind, data = await read_frame(reader)
            while kind != CLOSE:
                writer.write(frame(kind, data))
                kind, data = await read_frame(reader)
        finally:
            self.sockets.discard(writer)
            writer.close()


def parsed(head: str) -> tuple[str, Headers]:
    """The path and the headers of a request, their names in lower case."""
    first, *lines = head.strip().split("\r\n")
    pairs = [line.partition(":") for line in lines]
    return first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Kind and content of one short frame, masked or not."""
    kind, length = await reader.readexactly(2)
    mask = await reader.readexactly(4) if length & 128 else bytes(4)
    data = await reader.readexactly(length & 127)
    return kind & 15, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))


def frame(kind: int, data: bytes, mask: bytes = b"") -> bytes:
    """One short frame: masked if it comes from a client."""
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data)) if mask else data
    return bytes([128 | kind, len(data) | (128 if mask else 0)]) + mask + masked


if __name__ == "__main__":
    talker = Talker(Path("index.html").read_text().strip(), os.environ.get("COLOUR", "plain"), os.environ["DYNO"])
    asyncio.run(talker.serve(int(os.environ["PORT"])))
