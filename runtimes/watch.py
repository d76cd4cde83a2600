"""Watching over long work: it keeps the lease, notices a cancel, and ends a job that overstays."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from django.db import connection

from runtimes.engine.base import EngineError, Job
from runtimes.faults import Canceled, TimedOut
from runtimes.regular import tried_again
from runtimes.states import Leased

LOOK_SECONDS = 0.5
RENEW_SECONDS = 10


def worker_name() -> str:
    """A name for this piece of work, unlike any other's: host, process, something random."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Watch:
    """A thread beside the work; use it as a context.

    `is_canceled` is asked every half second. `rows` are kept leased to `worker`; when one is lost
    to another worker, this one's work counts as canceled.
    """

    def __init__(self, worker: str, is_canceled: Callable[[], bool], *rows: Leased) -> None:
        self.worker = worker
        self.rows = list(rows)
        self._is_canceled = is_canceled
        self._job: Job | None = None
        self._deadline = 0.0
        self._canceled = self._late = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise `Canceled` if a person has asked to stop."""
        if self._canceled or self._is_canceled():
            self._canceled = True
            raise Canceled

    @property
    def is_canceled(self) -> bool:
        """The same as of the last look, without another one."""
        return self._canceled

    @contextmanager
    def over(self, job: Job, seconds: float) -> Iterator[None]:
        """End the job when it is canceled or takes longer than `seconds`; then say which it was.

        Raises `Canceled` or `TimedOut` on leaving.
        """
        self._deadline, self._late, self._job = time.monotonic() + seconds, False, job
        try:
            yield
        except EngineError:
            if not (self._canceled or self._late):  # what is ended breaks off in many ways
                raise
        finally:
            self._job = None
        self.check()
        if self._late:
            raise TimedOut

    def _look(self) -> None:
        renewed = time.monotonic()
        try:
            while not self._over.wait(LOOK_SECONDS):
                with tried_again():
                    self._canceled = self._canceled or self._is_canceled()
                    if time.monotonic() - renewed > RENEW_SECONDS:
                        self._renew()
                        renewed = time.monotonic()
                with suppress(EngineError):  # the next look comes soon
                    self._end_job_if_due()
        finally:
            connection.close()

    def _renew(self) -> None:
        for row in list(self.rows):
            self._canceled = self._canceled or not row.renew(self.worker)

    def _end_job_if_due(self) -> None:
        if (job := self._job) is None:
            return
        self._late = self._late or time.monotonic() > self._deadline
        if self._canceled or self._late:
            job.kill()
