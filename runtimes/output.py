"""Lines of instances: stored once each, whoever reads them from the engine, and read back by a cursor."""

from collections import deque
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from runtimes import bell
from runtimes.loglines import LONGEST, LineSplitter, shorten
from runtimes.models import Environment, Instance, OutputChunk
from runtimes.redaction import Redactor

# How many lines of an environment are kept.
KEPT = 10_000

# Among so many of the latest are an instance's last words looked for.
RECENT = 2_000


class Printed(NamedTuple):
    """A line as the engine gives it: when, which of those printed at that very moment, what."""

    at: datetime
    ordinal: int
    line: bytes


class Line(NamedTuple):
    """A stored line: its number, milliseconds since the epoch, of which instance and release, what."""

    number: int
    at_ms: int
    instance: str
    release: str
    text: str


def topic(environment_id: int) -> str:
    """What the bell rings when an instance of the environment printed something."""
    return f"output.{environment_id}"


def store(instance: Instance, printed: Iterable[Printed], redact: Redactor) -> int:
    """Store those of the lines that are not stored yet; return how many.

    The instance's cursor moves in the same transaction, so of two readers of one container each
    line is stored by exactly one. The lines are read and redacted before: nobody waits for that.
    """
    ready = [(each, _line(each, instance, redact)) for each in printed]
    with transaction.atomic():
        cursor = Instance.objects.only("environment_id", "printed_until", "printed_ordinal")
        now = cursor.select_for_update().get(pk=instance.pk)
        fresh = [pair for pair in ready if now.printed_until is None or _is_after(pair[0], now)]
        if not fresh:
            return 0
        last, _ = fresh[-1]
        Instance.objects.filter(pk=now.pk).update(printed_until=last.at, printed_ordinal=last.ordinal)
        _append(now.environment_id, [line for _, line in fresh])
    bell.ring(topic(now.environment_id))
    return len(fresh)


def read(environment: Environment, since: int = 0, limit: int = 2000, instance: str = "") -> list[Line]:
    """Up to `limit` lines after number `since`, of all instances or of those of a type or name (`web`, `web.1`)."""
    chunks = OutputChunk.objects.filter(environment=environment, first__gt=since - F("count")).order_by("first")
    lines: list[Line] = []
    for chunk in chunks.iterator(chunk_size=16):
        numbered = (Line(number, *line) for number, line in enumerate(chunk.lines, chunk.first))
        lines += [line for line in numbered if line.number > since and _is_of(line, instance)]
        if len(lines) >= limit:
            break
    return lines[:limit]


def last(environment: Environment) -> int:
    """The number of the newest line; 0 if there is none."""
    return _last(environment.pk)


def latest(environment: Environment, most: int, instance: str = "") -> tuple[list[Line], int]:
    """The newest lines, of all instances or of those of a type or name, and the number of the newest of all."""
    newest = last(environment)
    lines = read(environment, max(0, newest - KEPT if instance else newest - most), KEPT, instance)
    return lines[-most:] if most else [], newest


def last_words(environment: Environment, instances: Collection[str], most: int = 5) -> dict[str, list[str]]:
    """The last lines of each of these instances, as far as they are among the latest."""
    found: dict[str, deque[str]] = {name: deque(maxlen=most) for name in instances}
    for line in read(environment, max(0, last(environment) - RECENT), RECENT) if found else []:
        if line.instance in found:
            found[line.instance].append(line.text)
    return {name: list(lines) for name, lines in found.items()}


def trim(environment_id: int) -> None:
    """Remove the chunks that lie wholly before the lines that are kept."""
    oldest = _last(environment_id) - KEPT
    OutputChunk.objects.filter(environment=environment_id, first__lte=oldest - F("count") + 1).delete()


def _is_after(each: Printed, now: Instance) -> bool:
    return (each.at, each.ordinal) > (now.printed_until, now.printed_ordinal)


def _is_of(line: Line, instance: str) -> bool:
    return instance in ("", line.instance, line.instance.partition(".")[0])


def _line(each: Printed, instance: Instance, redact: Redactor) -> list[Any]:
    splitter = LineSplitter()
    text = " ".join([*splitter.feed(each.line), *splitter.close()])
    return [
        int(each.at.timestamp() * 1000),
        instance.name,
        instance.release.version,
        shorten(redact(text), unended=len(text) >= 2 * LONGEST),
    ]


def _append(environment_id: int, lines: list[list[Any]]) -> None:
    while True:
        try:
            with transaction.atomic():
                facts = {"environment_id": environment_id, "first": _last(environment_id) + 1}
                OutputChunk.objects.create(count=len(lines), lines=lines, **facts)
                return
        except IntegrityError:  # another instance of the environment took the number
            continue


def _last(environment_id: int) -> int:
    chunks = OutputChunk.objects.filter(environment=environment_id)
    return chunks.aggregate(last=Max(F("first") + F("count") - 1))["last"] or 0
