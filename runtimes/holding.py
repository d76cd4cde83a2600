"""One at a time: whoever changes what runs in an environment, or the router, holds it."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from runtimes.models import Hold

HOLD_SECONDS = 120
RETRY_SECONDS = 0.05


class Held(Exception):
    """Somebody else holds the thing and does not let go."""


@contextmanager
def hold(name: str, patience: float = HOLD_SECONDS) -> Iterator[Hold]:
    """Wait up to `patience` seconds for the thing of this name and hold it inside.

    Raises `Held` if that was in vain. A hold runs out after `HOLD_SECONDS`, so that a worker that
    died holds nothing for ever. Whoever holds it may leave a `note` for the next.
    """
    me = uuid.uuid4().hex
    deadline = time.monotonic() + patience
    Hold.objects.get_or_create(name=name)
    while not _grasp(name, me):
        if time.monotonic() >= deadline:
            raise Held(f"Somebody else is changing {name}.")
        time.sleep(RETRY_SECONDS)
    held = Hold.objects.get(name=name)
    try:
        yield held
    finally:
        Hold.objects.filter(name=name, held_by=me).update(held_until=timezone.now(), note=held.note)


def _grasp(name: str, me: str) -> bool:
    now = timezone.now()
    until = now + timedelta(seconds=HOLD_SECONDS)
    return bool(Hold.objects.filter(name=name, held_until__lte=now).update(held_by=me, held_until=until))
