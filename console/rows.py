"""What the pages say of an app at a glance, read for many apps with a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from builds.deploys import Deploy
from runtimes.models import App, Environment, Instance, Journal, Process, Release

RECENT = 20
BUILD = ("build__state", "build__ended_at", "build__image")


@dataclass(frozen=True)
class AppRow:
    """An app's environment with what runs there and its latest deploys, newest first."""

    app: App
    environment: Environment
    live: Release | None = None
    deploys: Sequence[Deploy] = field(default_factory=list)
    instances: Sequence[Instance] = field(default_factory=list)
    processes: Sequence[Process] = field(default_factory=list)

    @property
    def under_way(self) -> Deploy | None:
        """The deploy that is running or waits, if there is one; a running one first."""
        open_ones = [deploy for deploy in self.deploys if not deploy.is_over]
        return min(open_ones, key=lambda deploy: (deploy.state == "queued", deploy.number), default=None)

    @property
    def state(self) -> str:
        """One word for the whole."""
        if self.under_way:
            return self.under_way.state
        if self.environment.stopped:
            return "stopped"
        if self.live:
            return "crashed" if any(instance.state == "crashed" for instance in self.serving) else "live"
        return self.deploys[0].state if self.deploys else "never"

    @property
    def serving(self) -> list[Instance]:
        """The instances of the live release, without those that come up or still finish what they began."""
        return [instance for instance in self.instances if self.live and instance.release_id == self.live.pk]

    @property
    def up(self) -> int:
        """How many instances of the live release are up."""
        return sum(instance.state == "up" for instance in self.serving)

    @property
    def wanted(self) -> int:
        """How many instances should be up."""
        running = self.live and not self.environment.stopped
        return sum(process.quantity for process in self.processes) if running else 0

    @property
    def is_behind(self) -> bool:
        """Whether a config var was changed after the live release was made."""
        changed = self.environment.config_changed_at
        return bool(self.live and changed and changed > self.live.created_at)

    @property
    def formation(self) -> list["Formation"]:
        """Each process type with its command and a dot per instance."""
        commands = self.live.commands if self.live else {}
        return [
            Formation(process, commands.get(process.name, ""), self._of(process.name), self.environment.stopped)
            for process in self.processes
        ]

    def _of(self, process: str) -> list[Instance]:
        return [instance for instance in self.serving if instance.process == process]

    @property
    def bars(self) -> list[tuple[int, int, Deploy]]:
        """The latest deploys, oldest first, as (x, height of 20, deploy): higher took longer."""
        longest = max((deploy.seconds or 0 for deploy in self.deploys), default=0) or 1
        drawn = list(reversed(self.deploys))
        return [(x * 5, max(3, round(20 * (deploy.seconds or 0) / longest)), deploy) for x, deploy in enumerate(drawn)]


@dataclass(frozen=True)
class Formation:
    """One process type: what should run of it and what does."""

    process: Process
    command: str
    instances: Sequence[Instance]
    stopped: bool

    @property
    def dots(self) -> list[tuple[str, str]]:
        """Name and state per instance; what is wanted and not there yet is starting."""
        there = {instance.index: instance.state for instance in self.instances}
        wanted = range(1, (0 if self.stopped else self.process.quantity) + 1)
        indexes = sorted({*there, *wanted})
        return [(f"{self.process.name}.{index}", there.get(index, "starting")) for index in indexes]

    @property
    def less(self) -> int:
        """One instance fewer."""
        return max(0, self.process.quantity - 1)

    @property
    def more(self) -> int:
        """One instance more."""
        return self.process.quantity + 1

    @property
    def worst(self) -> Instance | None:
        """The instance that crashed last, to say why."""
        return max((each for each in self.instances if each.crashes), key=lambda each: each.crashes, default=None)


def rows_of(apps: Iterable[App], environment: str = "production") -> list[AppRow]:
    """A row for each app that has an environment of that name, in the given order."""
    by_id = {app.pk: app for app in apps}
    found = list(Environment.objects.filter(app__in=by_id, name=environment))
    for one in found:
        one.app = by_id[one.app_id]
    rows = {row.app.pk: row for row in _rows(found)}
    return [rows[pk] for pk in by_id if pk in rows]


def row_of(environment: Environment) -> AppRow:
    """The row of one environment."""
    return _rows([environment])[0]


def _rows(environments: list[Environment]) -> list[AppRow]:
    lives = {release.environment_id: release for release in _live(environments)}
    deploys, instances, processes = _deploys(environments), _instances(environments), _processes(environments)
    return [
        AppRow(one.app, one, lives.get(one.pk), deploys[one.pk], instances[one.pk], processes[one.pk])
        for one in environments
    ]


def _live(environments: list[Environment]) -> Iterable[Release]:
    releases = Release.objects.filter(environment__in=environments, state="live").defer("config")
    return releases.select_related("slug__stack", "image", "created_by")


def _deploys(environments: list[Environment]) -> dict[int, list[Deploy]]:
    """The latest deploys by environment, with what a bar and a state need and no more: there may be a thousand."""
    by_id = {environment.pk: environment for environment in environments}
    place = Window(RowNumber(), partition_by=F("environment"), order_by=F("pk").desc())
    recent = Journal.objects.filter(environment__in=by_id).annotate(place=place).filter(place__lte=RECENT)
    journals = list(
        recent.select_related("build")
        .only("number", "environment", "app", "created_at", "sealed_at", "cancel_requested_at", *BUILD)
        .order_by("-pk")
    )
    releases = Release.objects.filter(journal__in=journals).only("journal", "state", "live_at", "ended_at")
    release_of = {release.journal_id: release for release in releases}
    found: dict[int, list[Deploy]] = defaultdict(list)
    for journal in journals:
        journal.environment = by_id[journal.environment_id]
        journal.app = journal.environment.app
        found[journal.environment_id].append(
            Deploy(journal, getattr(journal, "build", None), release_of.get(journal.pk))
        )
    return found


def _instances(environments: list[Environment]) -> dict[int, list[Instance]]:
    found: dict[int, list[Instance]] = defaultdict(list)
    rows = Instance.objects.filter(environment__in=environments).exclude(state="down").select_related("release")
    for instance in rows:
        found[instance.environment_id].append(instance)
    return found


def _processes(environments: list[Environment]) -> dict[int, list[Process]]:
    found: dict[int, list[Process]] = defaultdict(list)
    for process in Process.objects.filter(environment__in=environments):
        found[process.environment_id].append(process)
    return found
