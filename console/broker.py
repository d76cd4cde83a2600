"""The broker as the workers meet it: it may go away at any moment and come back, and they go on."""

import logging
from typing import Any

from celery.worker import consumer
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    """Connects again whichever way it learns that the broker is away.

    Where kombu itself tries a second time, as for the channel of a connection that has just been opened, it tells of a
    lost connection by an exception of its own, which Celery takes for a fault of the worker and ends it.
    """

    connection_errors: tuple[type[Exception], ...]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.connection_errors += (OperationalError,)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Let go of the lost connection, even where it cannot be closed.

        Closing gives back what was not begun, which asks the broker once more; when that broke off halfway, kombu
        closes a channel whose transport is gone (`AttributeError`), and Celery ends the worker for that too.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError:  # by then it is not the consumer's any more
            log.warning("The lost connection to the broker could not be closed; another one is opened.", exc_info=True)
