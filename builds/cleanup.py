"""Cleaning up: what no release to go back to needs any more is removed, and nothing that runs or may run again.

Kept are the slugs and images of the latest releases of each environment, of whatever serves, comes or has instances,
and of builds under way; the sources and logs of the latest deploys of each app. The rows stay: a ledger has no holes.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from builds import let_go
from builds.models import Build
from runtimes import bell
from runtimes.engine.base import EngineError
from runtimes.models import App, Image, Journal, LogChunk, PlatformLimits, Release, Slug

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What would be removed now."""

    slugs: list[Slug]
    images: list[Image]
    sources: list[str]
    logs: "QuerySet[Journal]"

    @property
    def bytes(self) -> int:
        """What the slugs take in the storage."""
        return sum(slug.size for slug in self.slugs)

    @property
    def lines(self) -> int:
        """How many lines of logs would go."""
        return LogChunk.objects.filter(journal__in=self.logs).aggregate(lines=Sum("count"))["lines"] or 0

    def __bool__(self) -> bool:
        return bool(self.slugs or self.images or self.sources or self.lines)


def plan() -> Plan:
    """What could go, as the limits are set now; nothing is touched."""
    limits = PlatformLimits.now()
    kept = _kept_releases(limits.releases)
    slugs = Slug.objects.filter(Q(builds__isnull=False) | Q(releases__isnull=False))
    return Plan(
        slugs=list(_spare(slugs, kept)),
        images=list(_spare(Image.objects.all(), kept)),
        sources=sorted(_spare_sources(limits.sources)),
        logs=_beyond(Journal.objects.exclude(sealed_at=None).filter(chunks__isnull=False), "app", limits.logs),
    )


def carry_out(found: Plan) -> None:
    """Remove what a plan names. Raises `EngineError` if the engine is away; what is removed by then is right."""
    gone: list[Slug | Image] = [*found.slugs, *found.images]
    for what in gone:
        _remove(what)
    for key in found.sources:
        if not _is_wanted(key):
            storages["sources"].delete(key)
            Build.objects.filter(source=key).update(source="")
            Build.objects.filter(archive=key).update(archive="")
    LogChunk.objects.filter(journal__in=list(found.logs.values_list("pk", flat=True))).delete()
    bell.ring("apps")


def after_deploy(app: App) -> None:
    """Let go of an app's images that nobody can go back to: they are large. What cannot be is tried another time."""
    try:
        for image in _spare(app.images.all(), _kept_releases(PlatformLimits.now().releases)):
            _remove(image)
    except EngineError as error:
        log.warning("Images of %s could not be let go: %s", app, error)


def _spare(rows: "QuerySet[Any]", kept: "QuerySet[Release]") -> "QuerySet[Any]":
    """Those of these slugs or images that neither a kept release nor a build under way needs."""
    building = Build.objects.filter(journal__sealed_at=None)
    return rows.filter(removed_at=None).exclude(releases__in=kept).exclude(builds__in=building).distinct()


def _remove(what: Slug | Image) -> None:
    """Let it go, unless somebody needs it again; what cannot be let go is there still, for another time."""
    if not _mark(what):
        return
    try:
        if isinstance(what, Slug):
            let_go.slug(what)
        else:
            let_go.image(what)
    except BaseException:
        type(what)._default_manager.filter(pk=what.pk).update(removed_at=None)
        raise


def _mark(what: Slug | Image) -> bool:
    """Note that it is gone, unless somebody has gone back to it, or deploys it again, since it was looked for.

    Whoever makes a release holds the app's row as well, and finds what is noted here.
    """
    with transaction.atomic():
        if not App.objects.select_for_update().filter(pk=what.app_id, destroyed_at=None).exists():
            return False
        kept = _kept_releases(PlatformLimits.now().releases, Release.objects.filter(environment__app=what.app_id))
        row = type(what)._default_manager.filter(pk=what.pk)
        return _spare(row, kept).exists() and bool(row.update(removed_at=timezone.now()))


def _is_wanted(key: str) -> bool:
    """Whether a source was asked for again since it was looked for."""
    going_on = Build.objects.filter(journal__sealed_at=None)
    return going_on.filter(Q(source=key) | Q(archive=key)).exists() or App.objects.filter(archive=key).exists()


def _kept_releases(most: int, among: "QuerySet[Release] | None" = None) -> "QuerySet[Release]":
    releases = Release.objects.all() if among is None else among
    served = releases.filter(state__in=("live", "retired"))
    place = Window(RowNumber(), partition_by=F("environment"), order_by=F("number").desc())
    latest = served.annotate(place=place).filter(place__lte=most).order_by()
    needed = Q(pk__in=[each.pk for each in latest.only("pk")])
    serving = Q(state__in=("live", "pending")) | Q(instances__state__in=("starting", "up", "crashed", "stopping"))
    return releases.filter(needed | serving).order_by()


def _beyond(rows: "QuerySet[Journal]", group: str, most: int) -> "QuerySet[Journal]":
    """Those beyond the latest `most` of each group."""
    place = Window(RowNumber(), partition_by=F(group), order_by=F("pk").desc())
    counted = Journal.objects.filter(pk__in=rows.order_by().values("pk")).annotate(place=place)
    return Journal.objects.filter(pk__in=[each.pk for each in counted.filter(place__gt=most).order_by().only("pk")])


def _spare_sources(most: int) -> set[str]:
    """The keys of what was fetched or uploaded for old deploys, and is neither an app's own nor of a later one."""
    old = _beyond(Journal.objects.deploys().filter(build__isnull=False), "app", most)
    builds = Build.objects.exclude(source="", archive="")
    spare = _keys(builds.filter(journal__in=old).exclude(journal__sealed_at=None))
    return spare - _keys(builds.exclude(journal__in=old)) - set(App.objects.values_list("archive", flat=True)) - {""}


def _keys(builds: "QuerySet[Build]") -> set[str]:
    pairs: Iterable[tuple[str, str]] = builds.values_list("source", "archive")
    return {key for pair in pairs for key in pair}
