"""The shipper: one thread per running instance reads its output from the engine and stores it.

It lives in the controller. What an instance printed last, while it was stopped, is read by whoever
removes its container (`drain`); both may read the same line, and only one stores it.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import Error, connection

from runtimes import output
from runtimes.engine.base import EngineError
from runtimes.installation import engine
from runtimes.models import Environment, Instance
from runtimes.output import Printed
from runtimes.redaction import Redactor
from runtimes.regular import Regular

log = logging.getLogger(__name__)

# New instances are found this often; lines are stored this long after the last ones, or when they are this many.
LOOK_SECONDS = 1.0
COLLECT_SECONDS = 0.1
COLLECT_LINES = 500
TRIM_SECONDS = 60
AFTER_FAULT_SECONDS = 1.0


class Shipper(Regular):
    """Follows all instances of this installation until it is told to stop: then it finds no new ones any more."""

    def __init__(self) -> None:
        super().__init__("shipper", LOOK_SECONDS)
        self._followers: dict[int, Follower] = {}
        self._crashed: set[tuple[int, datetime | None]] = set()
        self._trimmed = time.monotonic()

    def look(self) -> None:
        self._followers = {pk: each for pk, each in self._followers.items() if each.is_alive()}
        there = Instance.objects.exclude(state="down").exclude(ref="").exclude(pk__in=self._followers)
        crashed = set(there.filter(state="crashed").values_list("pk", "started_at"))
        read, self._crashed = [pk for pk, _ in crashed & self._crashed], crashed  # each crash is read once
        for instance in there.exclude(pk__in=read).select_related("release"):
            self._followers[instance.pk] = follower = Follower(instance)
            follower.start()
        if time.monotonic() - self._trimmed > TRIM_SECONDS:
            self._trimmed = time.monotonic()
            for pk in Environment.objects.values_list("pk", flat=True):
                output.trim(pk)


class Follower(threading.Thread):
    """Follows one container to its end: one thread reads, one stores what has been read."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(name=f"output of {instance}", daemon=True)
        self._instance = instance
        self._redact = Redactor(instance.release.config.values())
        self._read: list[Printed] = []
        self._lock = threading.Lock()
        self._has_read = threading.Event()
        self._ended = False

    def run(self) -> None:
        storer = threading.Thread(target=self._store_now_and_then, daemon=True)
        storer.start()
        try:
            for each in printed(engine().lines(self._instance.ref, self._instance.printed_until, follow=True)):
                self._take(each)
        except EngineError as error:
            log.warning("The output of %s could not be followed: %s", self._instance, error)
        finally:
            self._ended = True
            self._has_read.set()
            storer.join()
            connection.close()

    def _take(self, each: Printed) -> None:
        with self._lock:
            self._read.append(each)
            waiting = len(self._read)
        self._has_read.set()
        while waiting > 4 * COLLECT_LINES:  # the storage is slower than the app: let the app's pipe fill
            time.sleep(COLLECT_SECONDS)
            waiting = len(self._read)

    def _store_now_and_then(self) -> None:
        stored = time.monotonic() - COLLECT_SECONDS
        try:
            while not self._ended or self._read:
                self._has_read.wait()
                time.sleep(max(0, stored + COLLECT_SECONDS - time.monotonic()))
                self._has_read.clear()
                stored = time.monotonic()
                self._store()
        finally:
            connection.close()

    def _store(self) -> None:
        with self._lock:
            batch = self._read[:]
        if not batch:
            return
        try:
            output.store(self._instance, batch, self._redact)
        except Instance.DoesNotExist:
            log.info("%s was removed with its app", self._instance)
        except Error as error:
            log.error("The output of %s waits for the database: %s", self._instance, error)
            connection.close()  # one that is lost would fail for ever
            self._has_read.set()
            return
        except Exception:  # the lines stay read, and the thread stays alive to store them
            log.exception("The output of %s could not be stored", self._instance)
            self._has_read.set()
            time.sleep(AFTER_FAULT_SECONDS)
            return
        with self._lock:
            del self._read[: len(batch)]


def drain(instances: Iterable[Instance]) -> None:
    """Store what these ended instances printed and nobody has stored yet."""
    for instance in instances:
        instance.refresh_from_db(fields=["printed_until", "printed_ordinal"])
        lines = printed(engine().lines(instance.ref, instance.printed_until))
        output.store(instance, lines, Redactor(instance.release.config.values()))


def printed(lines: Iterable[tuple[datetime, bytes]]) -> Iterator[Printed]:
    """Count the lines that carry the very same time: it is all that tells them apart."""
    before, ordinal = None, 0
    for at, line in lines:
        ordinal = ordinal + 1 if at == before else 0
        before = at
        yield Printed(at, ordinal, line)
