"""What is done every few seconds goes on, whatever happens once."""

import threading

import pytest
from django.db import DatabaseError

from runtimes.engine.base import EngineUnreachable
from runtimes.regular import Regular

PATIENCE_SECONDS = 20


class Thread(Regular):
    """One that meets something the first time."""

    def __init__(self, meets: Exception) -> None:
        super().__init__("test", 0.001)
        self.meets, self.looks, self.went_on = meets, 0, threading.Event()

    def look(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise self.meets
        self.went_on.set()


@pytest.mark.parametrize("meets", [EngineUnreachable("silent"), DatabaseError("locked"), KeyError("a fault of ours")])
def test_what_goes_wrong_once_is_told_and_tried_again(meets: Exception, caplog: pytest.LogCaptureFixture) -> None:
    thread = Thread(meets)
    thread.start()
    assert thread.went_on.wait(PATIENCE_SECONDS)
    thread.stop()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert "The test could not do its work" in caplog.text
