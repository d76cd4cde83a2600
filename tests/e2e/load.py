"""A steady load on one app, in a process of its own: visitors with keep-alive, websockets, and a long poll.

    python -m tests.e2e.load HOST PORT    on the loopback device only

It says `begun` when every part of it has had its first answer, ends when its standard input does, or by itself, and
then prints what it saw as JSON.
"""

import asyncio
import base64
import json
import math
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.e2e.talker import CLOSE, GOODBYE, TEXT, frame, read_frame

VISITORS, SOCKETS = 20, 20
EVERY_SECONDS = 0.1  # each visitor asks as often, which makes 200 requests a second
EACH_POST = 10
ANSWER_SECONDS = 30
MOST_SECONDS = 600

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Seen:
    """What came of it. `failures` are requests, `cut` are websockets that ended without the app's goodbye.

    Visitors made `requests` in so many `seconds`; `asked` is how many they were to make.
    """

    failures: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    polls: int = 0
    goodbyes: int = 0
    repeated: int = 0
    requests: int = 0
    asked: int = 0
    seconds: float = 0.0


class _Closed(Exception):
    """A connection that was used before has been closed, and nothing of an answer had come."""


class Load:
    """All of it, for one app."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.seen = host, port, Seen()
        self.over = asyncio.Event()
        self._began, self._until = time.monotonic(), math.inf
        self._waiting = VISITORS + SOCKETS + 1

    async def run(self) -> Seen:
        """Go on until it is over; what has begun by then is waited for, and so are requests that are late."""
        workers = [*(self.visitor() for _ in range(VISITORS)), *(self.socket() for _ in range(SOCKETS)), self.poll()]
        await asyncio.gather(*workers)
        self.seen.asked = VISITORS * int((self._until - self._began) / EVERY_SECONDS)
        return self.seen

    def end(self) -> None:
        """Begin nothing new from now on."""
        self._until = min(self._until, time.monotonic())
        self.over.set()

    async def visitor(self) -> None:
        """Ask again and again over one connection, and now and then send something over another.

        Who was answered late asks at once: as many requests are made as were asked for.
        """
        client, count, due = Client(self), 0, time.monotonic()
        while due <= self._until:
            count += 1
            due += EVERY_SECONDS
            text = await (Client(self).ask("POST", "/") if count % EACH_POST == 0 else client.ask("GET", "/"))
            self.seen.requests += 1
            self.seen.seconds = time.monotonic() - self._began
            self._note(text, first=count == 1)
            await asyncio.sleep(due - time.monotonic())
        client.close()

    async def poll(self) -> None:
        """There is always one request under way that takes long."""
        client = Client(self)
        while not self.over.is_set():
            text = await client.ask("GET", "/poll")
            self.seen.polls += text is not None
            self._note(text, first=self.seen.polls == 1)
        client.close()

    async def socket(self) -> None:
        """There is always a websocket open; after a goodbye of the app's a new one."""
        is_first = True
        while not self.over.is_set():
            try:
                stream = await self._open_socket()
                self._begin(is_first)
                is_first = False
                await self._talk(stream)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.seen.cut.append(repr(error))
                await asyncio.sleep(EVERY_SECONDS)

    async def _open_socket(self) -> Stream:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write(
                f"GET /socket HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            writer.close()
            raise ConnectionError(head.decode())
        return reader, writer

    async def _talk(self, stream: Stream) -> None:
        reader, writer = stream
        try:
            while not self.over.is_set():
                said = os.urandom(8).hex().encode()
                writer.write(frame(TEXT, said, os.urandom(4)))
                async with asyncio.timeout(ANSWER_SECONDS):
                    kind, heard = await read_frame(reader)
                if (kind, heard) == (CLOSE, GOODBYE):
                    self.seen.goodbyes += 1
                    break
                if (kind, heard) != (TEXT, said):
                    raise ConnectionError(f"{kind} {heard!r}")
                await asyncio.sleep(EVERY_SECONDS)
            writer.write(frame(CLOSE, GOODBYE[:2], os.urandom(4)))
        finally:
            writer.close()

    def _note(self, text: str | None, *, first: bool) -> None:
        if text is not None:
            self.seen.answers[text] += 1
        self._begin(first)

    def _begin(self, is_first: bool) -> None:
        self._waiting -= is_first
        if is_first and not self._waiting:
            sys.stdout.write("begun\n")
            sys.stdout.flush()


class Client:
    """Somebody with one connection, which is kept as long as the other side keeps it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._stream: Stream | None = None

    async def ask(self, method: str, path: str) -> str | None:
        """The answer's text; None if there was none, which is noted as a failure.

        A GET that finds its connection closed under it is asked once more over a new one, as browsers do
        (RFC 9112, section 9.3.1): a server may close a connection that is idle while a request is on its way.
        """
        try:
            try:
                return await self._ask(method, path)
            except _Closed:
                self._load.seen.repeated += 1
                return await self._ask(method, path)
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError, _Closed) as error:
            self._load.seen.failures.append(f"{method} {path}: {error!r}")
            self.close()
            return None

    def close(self) -> None:
        if self._stream:
            self._stream[1].close()
        self._stream = None

    async def _ask(self, method: str, path: str) -> str:
        if self._stream and self._stream[0].at_eof():
            self.close()
        is_used = self._stream is not None
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = self._stream or await asyncio.open_connection("127.0.0.1", self._load.port)
            self._stream = reader, writer
            keep = "keep-alive" if method == "GET" else "close"
            body = b"" if method == "GET" else b"something"
            lines = (f"{method} {path} HTTP/1.1", f"Host: {self._load.host}", f"Connection: {keep}")
            writer.write("\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body)
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError) as error:
                self.close()
                if is_used and not getattr(error, "partial", b""):
                    raise _Closed from None
                raise
            text = await self._body(reader, head)
        if "connection: close" in head.lower():
            self.close()
        return text

    async def _body(self, reader: asyncio.StreamReader, head: str) -> str:
        status = head.split(" ", 2)[1]
        lengths = [line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        text = (await reader.readexactly(int(lengths[0]) if lengths else 0)).decode()
        if status != "200":
            raise ValueError(f"{status} {text[:200]}")
        return text


async def _main(host: str, port: int) -> None:
    load = Load(host, port)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, load.end)  # nobody writes there: it can be read when it has ended
    loop.call_later(MOST_SECONDS, load.end)
    print(json.dumps(vars(await load.run())))  # noqa: T201 whoever started it reads this


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
