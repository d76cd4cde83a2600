"""What the builder does."""

from celery import shared_task

from builds import attention, run
from runtimes.models import App


@shared_task
def build_next() -> None:
    """Work off one build of the queue."""
    run.build_next()


@shared_task
def look_after() -> None:
    """End builds whose worker is gone, and wake the builder for those that wait."""
    attention.look_after()


@shared_task
def remove_app(app_id: int) -> None:
    """Remove an app that was destroyed."""
    attention.remove_destroyed(App.objects.filter(pk=app_id))
