"""One reader per log and web process feeds all who watch its log.

The reader is woken by the bell, and looks anyway when the bell was silent for `PATIENCE_SECONDS`: a lost
ring costs a delay, never a line. It remembers the latest lines; each viewer walks along with a cursor of
its own. Who has fallen behind what is remembered pages by HTTP and comes back.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from channels.db import database_sync_to_async
from django.db import Error

from console.hearing import listen
from runtimes import journal as journals
from runtimes import output
from runtimes.models import Environment, Journal

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
BREATH_SECONDS = 0.1  # between two looks, however often the bell rings
VIEWER_SECONDS = 0.0002  # and longer where many watch: telling one of them takes about half of that
TURN_SECONDS = 0.02  # a thousand pages do not ask all at once what is drawn anew
PAGE = 2_000
KEPT = 10_000


class Line(Protocol):
    """A numbered line of any log."""

    @property
    def number(self) -> int: ...

    @property
    def text(self) -> str: ...


class Glance(NamedTuple):
    """What one look found. `shape` differs when something else than a line has changed."""

    sealed: bool
    shape: tuple[Any, ...]
    lines: Sequence[Any]


class Subject(Protocol):
    """What can be watched: it has numbered lines and a bell."""

    @property
    def topic(self) -> str:
        """What the bell rings."""

    def count(self) -> int:
        """The number of the last line."""

    def glance(self, since: int) -> Glance:
        """Look once."""

    def row(self, line: Any) -> list[Any]:
        """A line as the browser gets it: milliseconds, step, text, and more."""


@dataclass(frozen=True)
class DeploySubject:
    """The log of a deploy with its steps, or of a command."""

    journal: Journal

    @property
    def topic(self) -> str:
        return self.journal.topic

    def count(self) -> int:
        return journals.count(self.journal)

    def glance(self, since: int) -> Glance:
        """The seal before the lines, so that a sealed look has them all."""
        sealed = journals.sealed(self.journal.pk)
        lines = journals.read(self.journal, since, PAGE)
        rows = Journal.objects.filter(pk=self.journal.pk)
        states = rows.values_list(
            "build__state", "cancel_requested_at", "build__commit", "releases__state", "oneoff__state"
        )
        steps = self.journal.steps.values_list("position", "state", "note")
        return Glance(sealed, (*states, *steps), lines)

    def row(self, line: journals.Line) -> list[Any]:
        return [line.at_ms, line.step, line.text]


@dataclass(frozen=True)
class OutputSubject:
    """What the instances of an environment print; it never ends."""

    environment: Environment

    @property
    def topic(self) -> str:
        return output.topic(self.environment.pk)

    def count(self) -> int:
        return output.last(self.environment)

    def glance(self, since: int) -> Glance:
        return Glance(sealed=False, shape=(), lines=output.read(self.environment, since, PAGE))

    def row(self, line: output.Line) -> list[Any]:
        return [line.at_ms, 0, line.text, line.instance, line.release, line.number]


class Feed:
    """The lines of one log as they come, for any number of viewers."""

    def __init__(self, subject: Subject, cursor: int, patience: float = PATIENCE_SECONDS) -> None:
        self.subject = subject
        self.last = cursor
        self.version = 0
        self.over = False
        self.viewers = 0
        self.news = asyncio.Event()
        self._patience = patience
        self._shape: tuple[Any, ...] | None = None
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._written: tuple[tuple[int, int], str] = ((0, 0), "")
        self._rung = asyncio.Event()
        ear = listen(subject.topic, self._rung.set, patience)  # without a bell, patience alone does
        self._tasks = [asyncio.create_task(ear), asyncio.create_task(self._watch())]

    def after(self, cursor: int) -> list[Line] | None:
        """The remembered lines after number `cursor`; None if it has missed some that are forgotten."""
        missing = self.last - cursor
        if missing > len(self._lines):
            return None
        return [self._lines[index] for index in range(len(self._lines) - max(0, missing), len(self._lines))]

    def message(self, batch: Sequence[Line]) -> str:
        """What a browser gets of these lines; viewers that are level with each other share the work."""
        place = (batch[0].number, batch[-1].number)
        if place != self._written[0]:
            rows = [self.subject.row(line) for line in batch]
            self._written = (place, json.dumps({"t": "lines", "from": place[0], "l": rows}))
        return self._written[1]

    @property
    def turns(self) -> float:
        """In how many seconds each viewer's page has had its turn to read again what has changed."""
        return self.viewers * TURN_SECONDS

    @property
    def broken(self) -> bool:
        """Whether it stopped looking before the end."""
        return self._tasks[1].done() and not self.over

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self) -> None:
        try:
            while not self.over:
                self._rung.clear()
                looked = time.monotonic()
                self._tell(found := await self._look())
                if len(found.lines) < PAGE and not self.over:
                    await self._rest(looked + max(BREATH_SECONDS, self.viewers * VIEWER_SECONDS))
        except Error:
            log.exception("%s cannot be read", self.subject.topic)
        finally:
            self.news.set()

    async def _look(self) -> Glance:
        """Look in a thread of its own: all sockets share the other one, and may crowd there when many come at once."""
        found: Glance = await database_sync_to_async(self.subject.glance, thread_sensitive=False)(self.last)
        return found

    async def _rest(self, until: float) -> None:
        """Until the bell rings or patience ends, and never less than a breath after the last look."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), self._patience)
        await asyncio.sleep(max(0, until - time.monotonic()))

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


_feeds: dict[str, Feed] = {}


@asynccontextmanager
async def watching(subject: Subject, cursor: int) -> AsyncIterator[Feed]:
    """The subject's feed, for one viewer more; it ends with its last viewer."""
    last = await database_sync_to_async(subject.count)()
    start = min(max(cursor, last - KEPT), last)  # whatever a viewer says, the feed is right for all
    feed = _feeds.get(subject.topic)
    if feed is None or feed.broken:
        feed = _feeds[subject.topic] = Feed(subject, start)
    feed.viewers += 1
    try:
        yield feed
    finally:
        feed.viewers -= 1
        if not feed.viewers:
            if _feeds.get(subject.topic) is feed:
                del _feeds[subject.topic]
            await feed.close()
