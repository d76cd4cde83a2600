"""One reader per journal and web process feeds all who watch its log.

The reader is woken by the bell, and looks anyway when the bell was silent for `PATIENCE_SECONDS`: a lost
ring costs a delay, never a line. It remembers the latest lines; each viewer walks along with a cursor of
its own. Who has fallen behind what is remembered pages by HTTP and comes back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError
from redis.exceptions import RedisError

from runtimes import journal as journals
from runtimes.models import Journal

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
BREATH_SECONDS = 0.1  # between two looks, however often the bell rings
PAGE = 2_000
KEPT = 10_000


class Glance(NamedTuple):
    """What one look at a journal found. `shape` differs when a step or a state has changed."""

    sealed: bool
    shape: tuple[Any, ...]
    lines: list[journals.Line]


def glance(journal: Journal, since: int) -> Glance:
    """Look once; the seal before the lines, so that a sealed look has them all."""
    sealed = journals.sealed(journal.pk)
    lines = journals.read(journal, since, PAGE)
    rows = Journal.objects.filter(pk=journal.pk)
    states = rows.values_list("build__state", "cancel_requested_at", "build__commit", "releases__state")
    steps = journal.steps.values_list("position", "state", "note")
    return Glance(sealed, (*states, *steps), lines)


class Feed:
    """The lines of one journal as they come, for any number of viewers."""

    def __init__(self, journal: Journal, cursor: int, patience: float = PATIENCE_SECONDS) -> None:
        self.journal = journal
        self.last = cursor
        self.version = 0
        self.over = False
        self.viewers = 0
        self.news = asyncio.Event()
        self._patience = patience
        self._shape: tuple[Any, ...] | None = None
        self._lines: deque[journals.Line] = deque(maxlen=KEPT)
        self._rung = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]

    def after(self, cursor: int) -> list[journals.Line] | None:
        """The remembered lines after number `cursor`; None if it has missed some that are forgotten."""
        missing = self.last - cursor
        if missing > len(self._lines):
            return None
        return [self._lines[index] for index in range(len(self._lines) - max(0, missing), len(self._lines))]

    @property
    def broken(self) -> bool:
        """Whether it stopped looking before the end."""
        return self._tasks[1].done() and not self.over

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear the bell. Without a channel layer at hand, patience alone does."""
        while (layer := get_channel_layer()) is not None:
            with suppress(RedisError, OSError):
                channel = await layer.new_channel()
                await layer.group_add(self.journal.topic, channel)
                try:
                    while await layer.receive(channel):
                        self._rung.set()
                finally:
                    await layer.group_discard(self.journal.topic, channel)
            await asyncio.sleep(self._patience)

    async def _watch(self) -> None:
        try:
            while not self.over:
                self._rung.clear()
                self._tell(found := await database_sync_to_async(glance)(self.journal, self.last))
                if len(found.lines) < PAGE and not self.over:
                    await self._rest()
        except DatabaseError:
            log.exception("The log of %s cannot be read", self.journal)
        finally:
            self.news.set()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), self._patience)
        await asyncio.sleep(BREATH_SECONDS)

    def _tell(self, found: Glance) -> None:
        """Remember what is new, and wake the viewers if anything is."""
        self.over = found.sealed and len(found.lines) < PAGE
        if found.lines:
            self._lines.extend(found.lines)
            self.last = found.lines[-1].number
        if found.shape != self._shape:
            self._shape = found.shape
            self.version += 1
        elif not found.lines and not self.over:
            return
        self.news.set()
        self.news = asyncio.Event()


_feeds: dict[int, Feed] = {}


@asynccontextmanager
async def watching(journal: Journal, cursor: int) -> AsyncIterator[Feed]:
    """The journal's feed, for one viewer more; it ends with its last viewer."""
    start = max(cursor, await database_sync_to_async(journals.count)(journal) - KEPT)
    feed = _feeds.get(journal.pk)
    if feed is None or feed.broken:
        feed = _feeds[journal.pk] = Feed(journal, start)
    feed.viewers += 1
    try:
        yield feed
    finally:
        feed.viewers -= 1
        if not feed.viewers:
            if _feeds.get(journal.pk) is feed:
                del _feeds[journal.pk]
            await feed.close()
