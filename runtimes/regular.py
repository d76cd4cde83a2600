"""Threads that do something every few seconds for as long as their process lives."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from runtimes.engine.base import EngineError

log = logging.getLogger(__name__)


@contextmanager
def tried_again() -> Iterator[None]:
    """For what comes round again soon: it may fail by the database, and the next try has a new connection."""
    try:
        yield
    except Error:
        connection.close()  # one that is lost would fail for ever


class Regular(threading.Thread, ABC):
    """Looks at once and every so many seconds, until it is told to stop. What goes wrong is told, and tried again."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(name=name, daemon=True)
        self._seconds, self._over = seconds, threading.Event()

    @abstractmethod
    def look(self) -> None:
        """Do it once. It may raise what it likes."""

    def stop(self) -> None:
        """Do it no more."""
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self.look()
            except Exception as error:  # nobody would start this thread again
                is_known = isinstance(error, EngineError | Error)
                log.error("The %s could not do its work: %s", self.name, error, exc_info=not is_known)
                connection.close()  # one that is lost would fail for ever
            self._over.wait(self._seconds)
        connection.close()
