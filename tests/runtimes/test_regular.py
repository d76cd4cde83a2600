"""What is done every few seconds goes on, whatever happens once."""

import threading

import pytest
from django.db import DatabaseError, InterfaceError, connection

from runtimes.engine.base import EngineUnreachable
from runtimes.regular import Regular

PATIENCE_SECONDS = 20


class Thread(Regular):
    """One that meets something the first time."""

    def __init__(self, meets: Exception) -> None:
        super().__init__("test", 0.001)
        self.meets, self.looks, self.kept, self.went_on = meets, 0, False, threading.Event()

    def look(self) -> None:
        self.looks += 1
        if self.looks == 1:
            connection.ensure_connection()
            raise self.meets
        self.kept = connection.connection is not None
        self.went_on.set()


@pytest.mark.parametrize(
    "meets",
    [
        EngineUnreachable("silent"),
        DatabaseError("locked"),
        InterfaceError("connection already closed"),
        KeyError("a fault of ours"),
    ],
)
def test_what_goes_wrong_once_is_told_and_tried_again_by_a_new_connection(
    meets: Exception, shared_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    thread = Thread(meets)
    thread.start()
    assert thread.went_on.wait(PATIENCE_SECONDS)
    assert not thread.kept
    thread.stop()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert "The test could not do its work" in caplog.text
