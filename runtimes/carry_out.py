"""Carrying out a release that was asked for without a build, from its claim to the seal on its journal."""

from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import bell, deploy, journal
from runtimes.engine.base import EngineError
from runtimes.faults import Canceled, Fault, PlatformFailed
from runtimes.journal import Writer
from runtimes.models import Release
from runtimes.states import LEASE
from runtimes.watch import Watch


def carry_out(release: Release, worker: str) -> None:
    """Take it up unless somebody has; afterwards its row, its steps and its log say how it ended."""
    lease = {"worker": worker, "lease_until": timezone.now() + LEASE}
    if not Release.objects.filter(pk=release.pk, state="pending", worker="").update(**lease):
        return
    release.worker = worker
    try:
        with (
            Writer(release.journal, release.config.values()) as log,
            Watch(worker, release.journal.is_canceled) as watch,
        ):
            _work(release, log, watch)
    finally:
        journal.close(release.journal)
        bell.ring(f"app.{release.environment.app_id}", "apps")


def _work(release: Release, log: Writer, watch: Watch) -> None:
    try:
        deploy.carry_out(release, log, watch)
    except Canceled:
        log.complain("Canceled.")
    except Fault as fault:
        log.complain(fault.message)
    except (EngineError, PlatformFailed) as error:
        log.complain(_("The platform failed, not your app: %(why)s") % {"why": error})
        raise
