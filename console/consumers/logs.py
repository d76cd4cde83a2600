"""Websockets with lines: the log of a deploy, and what instances print."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from channels.db import database_sync_to_async

from builds import deploys
from console import access, feeds
from console.consumers.socket import AppSocket
from runtimes.models import Journal

BATCH_CHARACTERS = 64 * 1024


class Lines(AppSocket):
    """Lines as they come. The browser says how far it has read, and answers for the batches it took."""

    channel_layer_alias = "none"  # the feed listens, once for all
    batch_lines = 1_000
    unanswered_batches = 30
    subject: feeds.Subject

    async def begin(self) -> None:
        """Wait for the browser to say where it stands."""
        self.unanswered = 0
        self.room = asyncio.Event()
        self.following = False
        self.since: int | None = None

    async def receive_json(self, content: dict[str, Any], **_: Any) -> None:
        """`{"since": 5120}` begins after that line; `{"ack": 10}` answers so many batches."""
        if isinstance(answered := content.get("ack"), int):
            self.unanswered = max(0, self.unanswered - max(0, answered))
            self.room.set()
        if isinstance(since := content.get("since"), int):
            self.since = since
            if not self.following:
                self.following = True
                self.run(self._follow())

    async def state(self) -> str:
        """What the last message says about how it ended."""
        return ""

    async def _follow(self) -> None:
        """Tell from where the browser stands; again, if it had fallen behind and has caught up."""
        while self.since is not None:
            cursor, self.since = self.since, None
            async with feeds.watching(self.subject, cursor) as feed:
                await self.send_json({"t": "hello", "seq": feed.last})
                await self._mirror(feed, cursor)
        self.following = False

    async def _mirror(self, feed: feeds.Feed, cursor: int) -> None:
        version = 0
        while not feed.broken:
            news = feed.news
            if (lines := feed.after(cursor)) is None:
                await self.send_json({"t": "behind", "seq": feed.last})
                return
            for batch in _batches(lines, self.batch_lines):
                await self._send_lines(feed.message(batch))
                cursor = batch[-1].number
            if version != feed.version:
                version = feed.version
                await self.send_json({"t": "state", "within": feed.turns})
            if feed.over and cursor >= feed.last:
                await self.send_json({"t": "eof", "status": await self.state(), "within": feed.turns})
                await self.close(1000)
                return
            if feed.last <= cursor:
                await news.wait()
        await self.close(1011)

    async def _send_lines(self, message: str) -> None:
        """Send a batch, unless the browser has too many to answer yet: then wait for it."""
        while self.unanswered >= self.unanswered_batches:
            self.room.clear()
            await self.room.wait()
        self.unanswered += 1
        await self.send(text_data=message)


class DeployLog(Lines):
    """The log of one deploy."""

    def find_in_app(self) -> bool:
        """The deploy, by its number."""
        journal = Journal.objects.deploys().filter(app=self.app, number=self.route["number"]).first()
        if journal is None:
            return False
        self.journal, self.subject = journal, feeds.DeploySubject(journal)
        return True

    async def state(self) -> str:
        """The deploy's."""
        deploy: deploys.Deploy = await database_sync_to_async(deploys.get)(self.app, self.journal.number)
        return deploy.state


class RunLog(Lines):
    """The log of a command that somebody ran."""

    def find_in_app(self) -> bool:
        """The command, by its number."""
        if (one := access.find_one_off(self.app, self.route["number"])) is None:
            return False
        self.one = one
        self.subject = feeds.DeploySubject(one.journal)
        return True

    async def state(self) -> str:
        """The command's."""
        await database_sync_to_async(self.one.refresh_from_db)(fields=["state"])
        return self.one.state


class InstancesLog(Lines):
    """What the instances of an environment print."""

    def find_in_app(self) -> bool:
        """The environment, by its name."""
        if (environment := self.app.environments.filter(name=self.route["environment"]).first()) is None:
            return False
        self.subject = feeds.OutputSubject(environment)
        return True


def _batches(lines: Sequence[feeds.Line], most: int) -> Iterator[list[feeds.Line]]:
    """Cut lines into messages that a browser takes in one go."""
    batch: list[feeds.Line] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == most or size + len(line.text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line.text)
    if batch:
        yield batch
