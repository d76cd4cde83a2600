"""A newer deploy of an environment takes the place of those that wait: nobody wants the older ones any more."""

from django.utils import timezone
from django.utils.translation import gettext as _

from builds.models import Build
from runtimes import journal


def supersede(newer: Build) -> None:
    """End what waits for the environment of this build. Call it inside the transaction that queues it."""
    waiting = Build.objects.filter(journal__environment=newer.journal.environment, state="queued", pk__lt=newer.pk)
    for build in waiting.select_related("journal"):
        if build.move_from("queued", "superseded", ended_at=timezone.now()):
            told = _("Deploy #%(number)d took its place before it began.") % {"number": newer.journal.number}
            journal.note(build.journal, told)
            journal.close(build.journal, ran="canceled")
