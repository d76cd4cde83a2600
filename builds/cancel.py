"""Canceling a deploy: a wish, which whoever works on it grants, or the last word if nobody does yet."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from builds.deploys import Deploy, get
from runtimes import bell, journal
from runtimes.models import Journal


def cancel(deploy: Deploy, by: Any = None) -> bool:
    """Ask for the end of a deploy; False if it is over or its traffic has been switched."""
    record, who = deploy.journal, by or _("the command line")
    wish = {"cancel_requested_at": timezone.now(), "canceled_by": by}
    if get(deploy.app, deploy.number).is_over:
        return False
    with transaction.atomic():  # who grants the wish seals the log, and no line comes after that
        if not Journal.objects.filter(pk=record.pk, cancel_requested_at=None).update(**wish):
            return True
        if deploy.build and deploy.build.move_from("queued", "canceled", ended_at=timezone.now()):
            journal.note(record, " !     " + _("Canceled by %(who)s before it began.") % {"who": who})
            journal.close(record, ran="canceled")
            bell.ring(f"app.{record.app_id}", "apps")
        else:
            journal.note(record, " !     " + _("Canceled by %(who)s: it ends what it is doing.") % {"who": who})
    return True
