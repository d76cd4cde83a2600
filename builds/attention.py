"""The periodic look at the queue: no build is ever stuck."""

import logging
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from builds import adopt, destroy, obtain, preview
from builds.models import Build
from runtimes import bell, journal
from runtimes.engine.base import EngineError, Observed
from runtimes.holding import Held
from runtimes.installation import engine
from runtimes.models import App, Journal
from runtimes.orders import order

log = logging.getLogger(__name__)

# No job of the platform's own, for no app, takes so long.
LONGEST_JOB = timedelta(hours=1)


def look_after() -> None:
    """End what was abandoned, remove its containers, renew what is out of date, and wake the builder for what waits."""
    for build in Build.objects.filter(state="running", lease_until__lt=timezone.now()).select_related("journal"):
        end_abandoned(build)
    waiting = Build.objects.filter(state="queued")
    if waiting.filter(image="").exists():
        order("builds.tasks.build_next")
    if waiting.exclude(image="").exists():
        order("builds.tasks.pull_next")
    seal_forgotten()
    preview.end_abandoned()
    obtain.end_abandoned()
    adopt.refresh()
    remove_orphans()
    remove_destroyed(App.objects.filter(destroyed_at__isnull=False))


def remove_destroyed(apps: "QuerySet[App]") -> None:
    """Remove apps that are going; one whose build still ends waits for the next look."""
    for app in apps.filter(destroyed_at__isnull=False):
        try:
            destroy.remove(app)
        except (EngineError, Held, OSError) as error:
            log.error("%s could not be removed: %s", app, error)


def end_abandoned(build: Build) -> None:
    """Fail a running build whose worker is gone; what it left behind is removed."""
    failure = _("The platform failed, not your app: the worker that ran this build stopped. Deploy again.")
    facts = {"failure_reason": "lost", "failure": failure, "ended_at": timezone.now()}
    if not build.move("failed", worker="", **facts):  # without a worker: should it live, its lease is gone
        return
    try:
        engine().stop([each.ref for each in engine().observe({"slipway.build": str(build.pk)})], grace=0)
    except EngineError as error:
        log.error("What build %s left could not be removed: %s", build.pk, error)
    journal.note(build.journal, f" !     {failure}")
    journal.close(build.journal)
    bell.ring(f"app.{build.app_id}", "apps")


def seal_forgotten() -> None:
    """Close the journals of deploys that are over but whose worker died before it closed them."""
    nobody = Q(build__lease_until__lt=timezone.now()) | Q(build__lease_until=None)
    open_ones = Journal.objects.filter(nobody, sealed_at=None, build__state__in=("succeeded", "failed", "canceled"))
    for record in open_ones.exclude(releases__state="pending"):
        journal.close(record)


def remove_orphans() -> None:
    """Remove the containers of fetches, builds, commands and shells for whose app nobody works any more.

    Those for no app, as of a buildpack that is fetched, go when nobody can be at work in them.
    """
    try:
        jobs = engine().observe({"slipway.kind": "job"})
        busy = _busy()  # asked after, so that what has just begun is seen
        engine().stop([job.ref for job in jobs if _is_left(job, busy)], grace=0)
    except EngineError as error:
        log.error("What nobody works on could not be removed: %s", error)


def _is_left(job: Observed, busy: set[str]) -> bool:
    if app := job.labels.get("slipway.app"):
        return app not in busy
    return job.started_at is not None and job.started_at < timezone.now() - LONGEST_JOB


def _busy() -> set[str]:
    """The names of the apps that somebody builds, releases or previews, or works in by hand."""
    going_on = Q(journals__sealed_at=None, journals__isnull=False) | Q(detections__state="running")
    going_on |= Q(environments__shells__state="open")
    return set(App.objects.filter(going_on).values_list("name", flat=True))
