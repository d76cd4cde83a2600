"""Writing and reading a journal: a line is stored before anyone is told of it."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

from django.db import Error, connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.faults import Canceled
from runtimes.loglines import LONGEST, LineSplitter, clean, shorten
from runtimes.models import Journal, LogChunk, Step
from runtimes.quota import Quota
from runtimes.redaction import Redactor

# Lines are stored as one chunk this long after the last one, or when they are this many; after a pause at once.
PATIENCE_SECONDS = 0.1
CHUNK_CHARACTERS = 64 * 1024

# A later step that is put in (a detected buildpack) finds room between two planned ones.
SPACING = 100


class Line(NamedTuple):
    """A stored line: its number from 1, when (milliseconds since the epoch), in which step, what."""

    number: int
    at_ms: int
    step: int
    text: str


def plan(journal: Journal, steps: Iterable[tuple[str, str]]) -> None:
    """Write down all steps, as (key, name to be translated), before the first begins, so that a page can show them."""
    rows = [
        Step(journal=journal, position=(number + 1) * SPACING, key=key, name=_(name))
        for number, (key, name) in enumerate(steps)
    ]
    Step.objects.bulk_create(rows)


def sealed(journal_id: int) -> bool:
    """Whether no line will follow. Ask before reading the lines, never after."""
    return Journal.objects.filter(pk=journal_id, sealed_at__isnull=False).exists()


def read(journal: Journal, since: int, limit: int = 2000) -> list[Line]:
    """Up to `limit` lines after number `since`, in order."""
    chunks = LogChunk.objects.filter(journal=journal, first__gt=since - F("count"))
    lines: list[Line] = []
    for chunk in chunks.order_by("first").iterator(chunk_size=16):
        numbered = (Line(number, *line) for number, line in enumerate(chunk.lines, chunk.first))
        lines += [line for line in numbered if line.number > since]
        if len(lines) >= limit:
            break
    return lines[:limit]


def tail(journal: Journal, limit: int) -> list[Line]:
    """The last `limit` lines, in order; one query, and the number of the last one is that of all."""
    lines: list[Line] = []
    for chunk in LogChunk.objects.filter(journal=journal).order_by("-first").iterator(chunk_size=16):
        lines = [Line(number, *line) for number, line in enumerate(chunk.lines, chunk.first)] + lines
        if len(lines) >= limit:
            break
    return lines[-limit:]


def count(journal: Journal) -> int:
    """How many lines there are."""
    return _last(journal.pk)


def seal(journal: Journal) -> bool:
    """Say that no line will follow; say whether this call did it."""
    done = bool(Journal.objects.filter(pk=journal.pk, sealed_at=None).update(sealed_at=timezone.now()))
    bell.ring(journal.topic)
    return done


def note(journal: Journal, text: str, step: int = 0) -> None:
    """Add one line from outside, while somebody else may be writing."""
    store(journal, [[_now_ms(), step, clean(text)]])


def close(journal: Journal, ran: str = "failed") -> None:
    """Nothing more will happen: what ran has failed (or `ran`), what waits is skipped, the log is sealed.

    What broke off between two steps broke off at the one that would have been next.
    """
    if not journal.steps.filter(state__in=("running", ran)).exists():
        for step in journal.steps.filter(state="waiting")[:1]:
            step.move("running", started_at=timezone.now())
    for step in journal.steps.filter(state="running"):
        step.move(ran, ended_at=timezone.now())
    for step in journal.steps.filter(state="waiting"):
        step.move("skipped")
    seal(journal)


def store(journal: Journal, lines: list[list[Any]]) -> bool:
    """Store lines as the next chunk and ring; False if the log is sealed or gone: then nothing is added.

    Whoever stores holds the journal's row, so that no two writers take one number and no line follows the seal.
    """
    with transaction.atomic():
        if not Journal.objects.select_for_update().filter(pk=journal.pk, sealed_at=None).exists():
            return False
        first = _last(journal.pk) + 1
        LogChunk.objects.create(journal_id=journal.pk, first=first, count=len(lines), lines=lines)
    bell.ring(journal.topic)
    return True


def _last(journal_id: int) -> int:
    chunks = LogChunk.objects.filter(journal=journal_id)
    return chunks.aggregate(last=Max(F("first") + F("count") - 1))["last"] or 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Writer:
    """The pen of whoever works on a journal; use it as a context.

    A thread of its own stores what has been collected, so that lines arrive while the one who
    writes waits for more. Secrets are redacted before anything is stored.
    """

    def __init__(self, journal: Journal, secrets: Iterable[str] = ()) -> None:
        self.journal = journal
        self._redact = Redactor(secrets)
        self._splitter = LineSplitter()
        self._quota = Quota()
        self._pending: list[list[Any]] = []
        self._characters = 0
        self._position = 0
        self._lock = threading.Lock()
        self._storing = threading.Lock()
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._store_now_and_then, name=f"journal {journal.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._wake.set()
        self._thread.join()
        self.end_of_output()
        self.flush()

    def redact(self, text: str) -> str:
        """The text without the secrets that this journal must not show."""
        return self._redact(text)

    def write(self, data: bytes) -> None:
        """Output of a container, cut anywhere."""
        self._take(self._splitter.feed(data))

    def say(self, text: str) -> None:
        """Lines of the platform's own."""
        self.end_of_output()
        self._add([clean(line) for line in text.splitlines() or [""]])

    def complain(self, text: str) -> None:
        """What went wrong, each line marked as such."""
        self.say("\n".join(f" !     {line}" for line in text.splitlines()))

    def end_of_output(self) -> None:
        """Count what was printed after the last newline as a line, and let out what the quota held."""
        self._take(self._splitter.close())
        self._add(self._quota.rest())

    def flush(self) -> None:
        """Store what has been collected."""
        with self._storing:
            with self._lock:
                lines, self._pending, self._characters = self._pending, [], 0
            if not lines:
                return
            try:
                store(self.journal, lines)
            except Error:
                with self._lock:
                    self._pending = lines + self._pending
                raise

    @contextmanager
    def step(self, key: str) -> Iterator[Step]:
        """Go through one step: it is running inside, done after, failed if an exception leaves."""
        step = self.begin(key)
        try:
            yield step
        except Canceled:
            self.end(key, "canceled")
            raise
        except BaseException:
            self.end(key, "failed")
            raise
        self.end(key, "done")

    def begin(self, key: str) -> Step:
        """Start a planned step; the lines from now on belong to it."""
        self.end_of_output()
        step = self.journal.steps.get(key=key)
        step.move("running", started_at=timezone.now())
        self._position = step.position
        bell.ring(self.journal.topic)
        return step

    def end(self, key: str, state: str, note: str = "") -> None:
        """End a step as done, failed, skipped or canceled."""
        self.end_of_output()
        self.flush()
        self.journal.steps.get(key=key).move(state, ended_at=timezone.now(), note=self._redact(note)[:300])
        bell.ring(self.journal.topic)

    def _take(self, lines: list[str]) -> None:
        self._add([line for line in lines if self._quota.take(line)])

    def _add(self, texts: list[str]) -> None:
        now = _now_ms()
        lines = [[now, self._position, self._stored(text)] for text in texts]
        with self._lock:
            self._pending += lines
            self._characters += sum(map(len, texts))
            full = self._characters >= CHUNK_CHARACTERS
        if full:
            self.flush()
        elif lines:
            self._wake.set()

    def _stored(self, text: str) -> str:
        return shorten(self._redact(text), unended=len(text) >= 2 * LONGEST)

    def _store_now_and_then(self) -> None:
        stored = time.monotonic() - PATIENCE_SECONDS
        try:
            while not self._over.is_set():
                self._wake.wait()
                self._over.wait(max(0, stored + PATIENCE_SECONDS - time.monotonic()))
                self._wake.clear()
                stored = time.monotonic()
                try:
                    self.flush()
                except Error:  # the lines wait for the next try, by a new connection
                    connection.close()
                    self._wake.set()
        finally:
            connection.close()
