"""Websockets: mirrors of what is stored. They say that something is new; the log also says what.

A socket is accepted first and closed with a code of its own then, because the browser cannot tell a
refused handshake from a broken network: 4401 not signed in, 4403 not allowed any more, 4404 not there.
"""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db.models import QuerySet

from builds import deploys
from console import access, feeds
from runtimes.journal import Line
from runtimes.models import App, Journal

PING_SECONDS = 25
PINGS_PER_CHECK = 2  # access is looked at again every 50 s
LONGEST_MESSAGE = 200
BATCH_LINES = 1_000
BATCH_CHARACTERS = 64 * 1024
UNANSWERED_BATCHES = 30
NEWS_BREATH_SECONDS = 0.5


class Socket(AsyncJsonWebsocketConsumer):
    """What all have in common: who is there, may they still be, and a ping so that no proxy hangs up."""

    async def connect(self) -> None:
        """Let in whoever may see what this socket is about."""
        self.tasks: set[asyncio.Task[None]] = set()
        await self.accept()
        if code := await self.refusal():
            await self.close(code)
            return
        self.run(self._keep_alive())
        await self.begin()

    async def refusal(self) -> int:
        """Why this socket must close, as a code; 0 if it need not."""
        session = self.scope["session"]
        user = await get_user({"session": session.__class__(session.session_key)})
        if not user.is_authenticated or not user.is_active:
            return 4401
        return 0 if await database_sync_to_async(self.find)(user) else 4404

    def find(self, user: Any) -> bool:
        """Look for what this socket is about, as this user; say whether it is there for them."""
        return bool(user.is_active)

    async def begin(self) -> None:
        """Start telling."""

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; if it breaks, the socket closes and the browser comes again."""
        task = asyncio.create_task(self._guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - the signature of channels
        """Leave nothing running."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """Only small objects come in; anything else ends the conversation."""
        content = _parsed(text_data)
        if content is None:
            await self.close(4400)
        else:
            await self.receive_json(content)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self.close(1011)
            raise

    async def _keep_alive(self) -> None:
        while True:
            for _ in range(PINGS_PER_CHECK):
                await asyncio.sleep(PING_SECONDS)
                await self.send_json({"t": "ping"})
            if code := await self.refusal():
                await self.close(4403 if code == 4404 else code)


class Nowhere(Socket):
    """Any other address."""

    async def refusal(self) -> int:
        """There is nothing here."""
        return 4404


class DeployLog(Socket):
    """The log of one deploy. The browser says how far it has read, and answers each batch."""

    channel_layer_alias = "none"  # the feed listens, once for all

    async def begin(self) -> None:
        """Wait for the browser to say where it stands."""
        self.unanswered = 0
        self.room = asyncio.Event()
        self.following = False

    def find(self, user: Any) -> bool:
        """The deploy, by its app and its number."""
        route = self.scope["url_route"]["kwargs"]
        if (app := access.find_app(user, route["name"])) is None:
            return False
        try:
            self.deploy = deploys.get(app, route["number"])
        except Journal.DoesNotExist:
            return False
        return True

    async def receive_json(self, content: dict[str, Any], **_: Any) -> None:
        """`{"since": 5120}` begins after that line; `{"ack": 1}` answers a batch."""
        if "ack" in content:
            self.unanswered = max(0, self.unanswered - 1)
            self.room.set()
        if isinstance(since := content.get("since"), int) and not self.following:
            self.following = True
            self.run(self._follow(since))

    async def _follow(self, cursor: int) -> None:
        try:
            async with feeds.watching(self.deploy.journal, cursor) as feed:
                await self.send_json({"t": "hello", "seq": feed.last})
                await self._mirror(feed, cursor)
        finally:
            self.following = False

    async def _mirror(self, feed: feeds.Feed, cursor: int) -> None:
        version = 0
        while not feed.broken:
            news = feed.news
            if (lines := feed.after(cursor)) is None:
                await self.send_json({"t": "behind", "seq": feed.last})
                return
            for batch in _batches(lines):
                await self._send_lines(batch)
                cursor = batch[-1].number
            if version != feed.version:
                version = feed.version
                await self.send_json({"t": "state"})
            if feed.over and cursor >= feed.last:
                await self._end()
                return
            if feed.last <= cursor:
                await news.wait()
        await self.close(1011)

    async def _send_lines(self, batch: list[Line]) -> None:
        """Send a batch, unless the browser has too many to answer yet: then wait for it."""
        while self.unanswered >= UNANSWERED_BATCHES:
            self.room.clear()
            await self.room.wait()
        self.unanswered += 1
        rows = [[line.at_ms, line.step, line.text] for line in batch]
        await self.send_json({"t": "lines", "from": batch[0].number, "l": rows})

    async def _end(self) -> None:
        deploy = await database_sync_to_async(deploys.get)(self.deploy.app, self.deploy.number)
        await self.send_json({"t": "eof", "status": deploy.state})
        await self.close(1000)


class News(Socket):
    """Says that what a page shows has changed; the page reads it again."""

    topics: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    async def begin(self) -> None:
        """Listen to the topics that were found."""
        self.rung = asyncio.Event()
        self.joined = self.topics
        for topic in self.joined:
            await self.channel_layer.group_add(topic, self.channel_name)
        await self.send_json({"t": "hello"})
        self.run(self._tell())

    async def disconnect(self, code: int) -> None:
        """Stop listening."""
        await super().disconnect(code)
        for topic in self.joined:
            await self.channel_layer.group_discard(topic, self.channel_name)

    async def bell_rings(self, _: dict[str, Any]) -> None:
        """Something changed."""
        self.rung.set()

    async def _tell(self) -> None:
        while True:
            await self.rung.wait()
            self.rung.clear()
            await self.send_json({"t": "state"})
            await asyncio.sleep(NEWS_BREATH_SECONDS)


class AppNews(News):
    """Whatever is visible of one app."""

    def find(self, user: Any) -> bool:
        """The app by its name."""
        if (app := access.find_app(user, self.scope["url_route"]["kwargs"]["name"])) is None:
            return False
        self.topics = frozenset({f"app.{app.pk}"})
        return True


class AppsNews(News):
    """The list of apps: which there are, and what is visible of each."""

    def find(self, user: Any) -> bool:
        """The apps that this user may know of."""
        self.topics = frozenset({"apps", *(f"app.{pk}" for pk in _known(user).values_list("pk", flat=True)[:200])})
        return True


def _known(user: Any) -> "QuerySet[App]":
    return App.objects.visible_to(user).filter(destroyed_at=None)


def _parsed(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > LONGEST_MESSAGE:
        return None
    with suppress(ValueError):
        content = json.loads(text)
        return content if isinstance(content, dict) else None
    return None


def _batches(lines: list[Line]) -> Iterator[list[Line]]:
    """Cut lines into messages that a browser takes in one go."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == BATCH_LINES or size + len(line.text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line.text)
    if batch:
        yield batch
