"""The broker as the workers meet it: it may go away at any moment and come back, and they go on."""

from typing import Any

from celery.worker import consumer
from kombu.exceptions import OperationalError


class Consumer(consumer.Consumer):
    """Connects again whichever way it learns that the broker is away.

    Where kombu itself tries a second time, as for the channel of a connection that has just been opened, it tells of a
    lost connection by an exception of its own, which Celery takes for a fault of the worker and ends it.
    """

    connection_errors: tuple[type[Exception], ...]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.connection_errors += (OperationalError,)
