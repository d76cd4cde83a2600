"""One at a time: whoever changes what runs in an environment, or the router, holds it.

What the periodic looks do is done once at a time too, but there nobody waits: the next look comes soon.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes.models import Hold
from runtimes.regular import tried_again

HOLD_SECONDS = 120
RENEW_SECONDS = 30
RETRY_SECONDS = 0.05


_done_now: set[str] = set()
_changing = threading.Lock()


class Held(Exception):
    """Somebody else holds the thing and does not let go."""


@contextmanager
def hold(name: str, patience: float = HOLD_SECONDS) -> Iterator[Hold]:
    """Wait up to `patience` seconds for the thing of this name and hold it inside.

    Raises `Held` if that was in vain. A hold is renewed while the work goes on, and runs out after
    `HOLD_SECONDS`, so that a worker that died holds nothing for ever. Whoever holds it may leave a
    `note` for the next.
    """
    me = uuid.uuid4().hex
    deadline = time.monotonic() + patience
    while not _grasp(name, me):
        if Hold.objects.get_or_create(name=name)[1]:
            continue  # nobody has ever held it
        if time.monotonic() >= deadline:
            raise Held(_("Somebody else is changing %(name)s.") % {"name": name})
        time.sleep(RETRY_SECONDS)
    held = Hold.objects.get(name=name)
    try:
        with _renewed(name, me):
            yield held
    finally:
        Hold.objects.filter(name=name, held_by=me).update(held_until=timezone.now(), note=held.note)


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Say whether nobody else in this process does the thing of this name; who is not alone leaves it.

    So that what is slow takes one of the queue's places, and not one more with each look.
    """
    with _changing:
        is_free = name not in _done_now
        _done_now.add(name)
    try:
        yield is_free
    finally:
        if is_free:
            _done_now.discard(name)


def _grasp(name: str, me: str) -> bool:
    free = Hold.objects.filter(name=name, held_until__lte=timezone.now())
    return bool(free.update(held_by=me, held_until=_until()))


def _until() -> datetime:
    return timezone.now() + timedelta(seconds=HOLD_SECONDS)


@contextmanager
def _renewed(name: str, me: str) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(name, me, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(name: str, me: str, over: threading.Event) -> None:
    try:
        while not over.wait(RENEW_SECONDS):
            with tried_again():
                Hold.objects.filter(name=name, held_by=me).update(held_until=_until())
    finally:
        connection.close()
