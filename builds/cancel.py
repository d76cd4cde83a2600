"""Canceling a deploy: a wish, which whoever works on it grants, or the last word if nobody does yet."""

from typing import Any

from django.utils import timezone

from builds import deploys
from builds.models import Build
from runtimes import bell, journal
from runtimes.models import Release


def cancel(build: Build, by: Any = None) -> bool:
    """Ask for the end of a deploy; False if it is over or its traffic has been switched."""
    wish = {"cancel_requested_at": timezone.now(), "canceled_by": by}
    if build.move("canceled", ended_at=timezone.now(), **wish) and not build.worker:
        journal.note(build.journal, f" !     Canceled by {by or 'the command line'} before it began.")
        journal.close(build.journal)
        bell.ring(f"app.{build.app_id}", "apps")
        return True
    return _wish(build, wish, by)


def _wish(build: Build, wish: dict[str, Any], by: Any) -> bool:
    if deploys.get(build.app, build.journal.number).is_over:
        return False
    if not Build.objects.filter(pk=build.pk, cancel_requested_at=None).update(**wish):
        return True
    journal.note(build.journal, f" !     {by or 'The command line'} asks to cancel.")
    return True
