"""Work that is asked of the controller, by name: whoever asks need not know how it is done."""

from datetime import timedelta

from celery import current_app
from django.db import transaction

from runtimes.models import Environment


def bring_in_line(environment: Environment, after: timedelta = timedelta()) -> None:
    """Have an environment made what its rows say, once they are committed and `after` has passed."""
    order("runtimes.tasks.bring_in_line", environment.pk, after=after)


def order(task: str, *args: object, after: timedelta = timedelta()) -> None:
    """Send a task by its name once the current transaction is committed."""
    transaction.on_commit(lambda: current_app.send_task(task, args=args, countdown=after.total_seconds() or None))
