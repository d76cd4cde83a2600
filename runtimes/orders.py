"""Work that is asked of the controller, by name: whoever asks need not know how it is done."""

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError

from runtimes.models import Environment

log = logging.getLogger(__name__)

AWAY = gettext_lazy("The platform's workers cannot be reached at the moment.")
NOT_BEGUN = gettext_lazy("Nothing was begun: try again later.")


def bring_in_line(environment: Environment, after: timedelta = timedelta()) -> None:
    """Have an environment made what its rows say, once they are committed and `after` has passed."""
    order("runtimes.tasks.bring_in_line", environment.pk, after=after)


def order(task: str, *args: object, after: timedelta = timedelta()) -> None:
    """Send a task by its name once the current transaction is committed.

    Without a broker nothing is sent and nothing raised: the rows are there already, and say what is wanted to the
    periodic look.
    """
    transaction.on_commit(partial(_send, task, args, after))


def ask(task: str, *args: object) -> bool:
    """Send a task by its name at once; say whether the broker took it."""
    return _send(task, args)


def _send(task: str, args: tuple[object, ...], after: timedelta = timedelta()) -> bool:
    try:
        current_app.send_task(task, args=args, countdown=after.total_seconds() or None)
    except OperationalError as error:
        log.error("%s could not be asked for, since the broker does not answer: %s", task, error)
        return False
    return True
