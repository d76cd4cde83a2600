"""What takes as long as somebody likes runs beside the queue, so that it holds none of the queue's places."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Event, Thread

from django.conf import settings
from django.db import connection

log = logging.getLogger(__name__)

# Set when this process is told to end: whoever works here looks at it.
ending = Event()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.ONE_OFFS, thread_name_prefix="aside")


def start(work: Callable[[], object]) -> None:
    """Do it in a thread of its own, or when one is free."""
    _threads().submit(_do, work)


def apart(name: str, work: Callable[[], object]) -> None:
    """Do it in a thread of this name; it is no harm if this process ends meanwhile, and nobody waits for it."""
    Thread(target=_do, args=[work], name=name, daemon=True).start()


def end() -> None:
    """Let everything come to its end; returns when it has."""
    ending.set()
    _threads().shutdown(cancel_futures=True)


def _do(work: Callable[[], object]) -> None:
    """A thread of a pool keeps what its work raised; here it is told, as a task of the queue would."""
    try:
        work()
    except BaseException:
        log.exception("What was done beside the queue broke off")
        raise
    finally:
        connection.close()
