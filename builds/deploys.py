"""Deploys as people see them: a journal with its build, its release, or both."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet

from builds.models import Build
from runtimes.models import App, Environment, Image, Journal, Release, Slug, Step

# What a build's state means for the deploy, until there is a release that says more.
_BUILDING = {"queued": "queued", "running": "building", "succeeded": "releasing"}
_RELEASING = {"pending": "releasing"}
# What a list shows; whatever else somebody asks of one of its deploys is read then.
_LISTED = (
    *("app", "environment__name", "number", "created_at", "sealed_at", "cancel_requested_at", "created_by__username"),
    *(f"build__{name}" for name in ("state", "ref", "commit", "message", "image", "archive", "ended_at", "slug")),
    *("build__found__reference", "build__found__digest"),
)
_LISTED_OF_RELEASE = (
    *("journal", "number", "kind", "description", "state", "live_at", "ended_at"),
    *("slug__commit", "image__reference", "image__digest"),
)
OVER = frozenset({"live", "retired", "failed", "canceled", "superseded"})


class Facts(NamedTuple):
    """The columns that say how a deploy stands: of its journal, its build and its release."""

    created: datetime
    sealed: datetime | None
    canceled: datetime | None
    build: str | None
    image: str | None
    build_ended: datetime | None
    release: str | None
    live: datetime | None
    release_ended: datetime | None

    @property
    def state(self) -> str:
        """One of queued, building, pulling, releasing, live, retired, failed, canceled, superseded."""
        if self.release:
            return _RELEASING.get(self.release, self.release)
        if not self.build:
            return "failed"
        if self.build not in _BUILDING:
            return self.build
        if self.build != "succeeded" or not self.sealed:
            return _going(self.build, self.image, None)
        return "canceled" if self.canceled else "failed"

    @property
    def ended(self) -> datetime | None:
        """When it was live, or ended otherwise."""
        if self.release:
            return self.live or self.release_ended
        return self.build_ended if self.build and self.build != "succeeded" else self.sealed

    @property
    def seconds(self) -> float | None:
        """From the click to the end; None while it goes on."""
        return (self.ended - self.created).total_seconds() if self.ended else None


class Going(NamedTuple):
    """As much of a deploy under way as a counter, or the state of its environment, needs."""

    journal: int
    app: int
    environment: int
    number: int
    state: str


@dataclass(frozen=True)
class Deploy:
    """One deploy, read-only; nothing of it is stored twice. `steps` are those that were read with it."""

    journal: Journal
    build: Build | None
    release: Release | None
    steps: tuple[Step, ...]

    @property
    def number(self) -> int:
        return self.journal.number

    @property
    def app(self) -> App:
        return self.journal.app

    @property
    def environment(self) -> Environment:
        return self.journal.environment

    @property
    def state(self) -> str:
        """One of queued, building, pulling, releasing, live, retired, failed, canceled, superseded."""
        return self.facts.state

    @cached_property
    def facts(self) -> Facts:
        """The columns that say how it stands."""
        journal, build, release = self.journal, self.build, self.release
        return Facts(
            *(journal.created_at, journal.sealed_at, journal.cancel_requested_at),
            *((build.state, build.image, build.ended_at) if build else (None, None, None)),
            *((release.state, release.live_at, release.ended_at) if release else (None, None, None)),
        )

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_cancelable(self) -> bool:
        """Until traffic is switched; then one rolls back instead."""
        return not self.is_over and self.state != "live"

    @property
    def is_canceling(self) -> bool:
        return bool(not self.is_over and self.journal.cancel_requested_at)

    @property
    def slug(self) -> Slug | None:
        if self.release:
            return self.release.slug
        return self.build.slug if self.build else None

    @property
    def image(self) -> Image | None:
        if self.release:
            return self.release.image
        return self.build.found if self.build else None

    @property
    def ref(self) -> str:
        """The branch, tag or commit that was asked for."""
        if self.reference:
            return ""
        return (self.build.ref if self.build else "") or self.app.git_ref

    @property
    def reference(self) -> str:
        """The name of the ready image that was asked for."""
        if self.image:
            return self.image.reference
        return self.build.image if self.build else ""

    @property
    def commit(self) -> str:
        return self.build.commit if self.build else (self.slug.commit if self.slug else "")

    @property
    def message(self) -> str:
        if self.build and self.build.message:
            return self.build.message
        return self.release.description if self.release else ""

    @property
    def by(self) -> Any:
        return self.journal.created_by

    @property
    def queued_at(self) -> datetime:
        return self.journal.created_at

    @property
    def started_at(self) -> datetime | None:
        return self.build.started_at if self.build else self.journal.created_at

    @property
    def ended_at(self) -> datetime | None:
        """When it was live, or ended otherwise."""
        return self.facts.ended

    @property
    def seconds(self) -> float | None:
        """From the click to the end; None while it goes on."""
        return self.facts.seconds

    @property
    def failure(self) -> str:
        """What went wrong, for people."""
        if self.release and self.release.failure:
            return self.release.failure
        return self.build.failure if self.build else ""

    @property
    def failure_reason(self) -> str:
        """The same for machines."""
        if self.release and self.release.failure_reason:
            return self.release.failure_reason
        return self.build.failure_reason if self.build else ""

    @property
    def failure_detail(self) -> str:
        """The failing buildpack's own reason, if it gave one."""
        return self.build.failure_detail if self.build else ""

    @property
    def exit_code(self) -> int | None:
        """What the process that failed ended with, if one did."""
        if self.release and self.release.exit_code is not None:
            return self.release.exit_code
        return self.build.exit_code if self.build else None

    @property
    def failed_step(self) -> Step | None:
        return next((step for step in self.steps if step.state == "failed"), None)

    @property
    def address(self) -> str:
        return self.environment.url


def of(app: App, limit: int = 50) -> list[Deploy]:
    """The latest deploys of an app, newest first; of their steps only those that failed."""
    return listed(app, journals_of(app)[:limit])


def journals_of(app: App) -> "QuerySet[Journal]":
    """Those of all deploys of an app, newest first."""
    return Journal.objects.deploys().filter(app=app).order_by("-number")


def listed(app: App, journals: "QuerySet[Journal]") -> list[Deploy]:
    """The deploys of these journals of an app; of their steps only those that failed."""
    related = journals.select_related("environment", "created_by", "build__found").only(*_LISTED)
    releases = Release.objects.select_related("slug", "image").only(*_LISTED_OF_RELEASE)
    return _deploys(related, releases, Step.objects.filter(state="failed"), app)


def get(app: App, number: int) -> Deploy:
    """One deploy of an app; raises `Journal.DoesNotExist`."""
    if not (found := _whole(Journal.objects.deploys().filter(app=app, number=number), app)):
        raise Journal.DoesNotExist
    return found[0]


def under_way(found: Iterable[Going]) -> list[Deploy]:
    """All there is to say of what is going on, in the order in which it was asked for."""
    journals = Journal.objects.filter(pk__in={each.journal for each in found}).order_by("pk")
    return _whole(journals.select_related("app__team").defer("app__git_secret"))


def going(apps: Iterable[App]) -> list[Going]:
    """What builds, releases or waits now, in the order in which it was asked for, in one query: every page asks it.

    None of it is sealed yet: that leaves few rows to look at, however many deploys there were.
    """
    columns = ("pk", "app", "environment", "number", "build__state", "build__image", "releases__state")
    rows = Journal.objects.filter(sealed_at=None, app__in=apps).order_by("pk").values_list(*columns)
    return [
        Going(pk, app, environment, number, _going(build, image, release))
        for pk, app, environment, number, build, image, release in rows
        if release == "pending" or build in ("queued", "running") or (build == "succeeded" and not release)
    ]


def _going(build: str | None, image: str | None, release: str | None) -> str:
    """The state of a deploy that is not over, by those of its build and its release."""
    state = _RELEASING.get(release or "") or _BUILDING.get(build or "", "releasing")
    return "pulling" if state == "building" and image else state


def _whole(journals: "QuerySet[Journal]", app: App | None = None) -> list[Deploy]:
    """All there is to say of their deploys."""
    related = journals.select_related("environment", "created_by", "build__slug", "build__found")
    return _deploys(related, Release.objects.select_related("slug", "image"), Step.objects.all(), app)


def _deploys(
    journals: "QuerySet[Journal]", releases: "QuerySet[Release]", steps: "QuerySet[Step]", app: App | None
) -> list[Deploy]:
    """The deploys of these journals, which are all of this app if one is given; each with its last release."""
    found = list(journals)
    last = {release.journal_id: release for release in releases.filter(journal__in=found).order_by("pk")}
    taken: dict[int, list[Step]] = defaultdict(list)
    for step in steps.filter(journal__in=found).order_by("position"):
        taken[step.journal_id].append(step)
    for journal in found:
        journal.app = journal.environment.app = app or journal.app
    return [Deploy(each, getattr(each, "build", None), last.get(each.pk), tuple(taken[each.pk])) for each in found]
