"""What the controller does on request, and every few seconds unasked."""

from celery import shared_task

from runtimes import attention, reconcile
from runtimes.models import Environment


@shared_task
def bring_in_line(environment_id: int) -> None:
    """Make an environment what its rows say, and wait until its new instances are up."""
    environment = Environment.objects.select_related("app").get(pk=environment_id)
    reconcile.reconcile(environment)
    reconcile.settle(environment)


@shared_task
def look_after() -> None:
    """Repair what a crash, a reboot or a hand broke."""
    attention.look_after()
