"""What the pages say of an app at a glance, read for many apps with a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from builds import deploys
from builds.deploys import Going
from runtimes.models import App, ConfigVar, Environment, Instance, Process, Release
from runtimes.output import last_words
from runtimes.redaction import redact_command

RECENT = 20
# What is read of a release that serves: for an app's header, a line of a list, an app's overview.
HEADER = ("environment", "number", "kind", "commands", "created_at", "live_at")
LINE = (
    *("environment", "number", "created_at", "live_at", "created_by__username"),
    *("slug__commit", "slug__sha256", "image__reference", "image__digest"),
)
OVERVIEW = (*HEADER, *LINE, "slug__message", "slug__size", "slug__stack__name", "image__size", "image__platform")
_OF_INSTANCE = (
    *("environment", "process", "index", "state", "release__number", "started_at", "restart_requested_at"),
    *("crashes", "exit_code", "oom"),
)
# In SQL, since Django takes longer to put the same question together than the database to answer it, and the list of
# apps asks it each time. The columns are those of `deploys.Facts`. Moments come as text: few of them are needed, and
# making all of them what they are would take as long again.
_LATEST = f"""SELECT journal.environment_id, journal.number,
    CAST(journal.created_at AS text), CAST(journal.sealed_at AS text), CAST(journal.cancel_requested_at AS text),
    build.state, build.image, CAST(build.ended_at AS text),
    release.state, CAST(release.live_at AS text), CAST(release.ended_at AS text)
FROM runtimes_environment AS environment
JOIN runtimes_journal AS journal ON journal.environment_id = environment.id
LEFT JOIN builds_build AS build ON build.journal_id = journal.id
LEFT JOIN runtimes_release AS release ON release.journal_id = journal.id
WHERE environment.id IN (%s) AND journal.number > 0 AND journal.id >= COALESCE((
    SELECT latest.id FROM runtimes_journal AS latest
    WHERE latest.environment_id = environment.id AND latest.number > 0
    ORDER BY latest.id DESC LIMIT 1 OFFSET {RECENT - 1}), 0)
ORDER BY journal.id DESC, release.id DESC
"""  # noqa: S608 - a number of our own
Row = TypeVar("Row", Instance, Process)


class Bar(NamedTuple):
    """One of the latest deploys, drawn as a bar."""

    number: int
    state: str
    seconds: float | None


class Batch:
    """What is read for some environments at once: each kind in one query, when it is asked for first.

    `going` is what is under way, if that is known already; `of_live` the columns that are read of what serves.
    """

    def __init__(
        self, environments: Sequence[Environment], going: Iterable[Going] | None, of_live: Sequence[str]
    ) -> None:
        self._environments = environments
        self._going = going
        self._of_live = of_live

    @cached_property
    def going(self) -> dict[int, Going]:
        """By environment what is under way; a running deploy before one that waits, then the oldest."""
        found = deploys.going([each.app for each in self._environments]) if self._going is None else self._going
        ordered = sorted(found, key=lambda each: (each.state == "queued", each.number), reverse=True)
        return {each.environment: each for each in ordered}

    @cached_property
    def live(self) -> dict[int, Release]:
        """By environment what serves; `crashed` and `up` say how many of its instances are."""
        joined = {name.rpartition("__")[0] for name in self._of_live} - {""}
        found = Release.objects.filter(environment__in=self._environments, state="live").annotate(
            **{state: Count("instances", filter=Q(instances__state=state)) for state in ("up", "crashed")}
        )
        related = found.order_by().select_related(*joined or [None]).only(*self._of_live)
        return {each.environment_id: each for each in related}

    @cached_property
    def deploys(self) -> dict[int, list[Bar]]:
        """By environment the latest deploys, newest first."""
        return _deploys(self._environments)

    @cached_property
    def instances(self) -> dict[int, list[Instance]]:
        """By environment all instances there are."""
        rows = Instance.objects.filter(environment__in=self._environments).exclude(state="down")
        return _by_environment(rows.select_related("release").only(*_OF_INSTANCE).order_by("process", "index", "pk"))

    @cached_property
    def wanted(self) -> dict[int, int]:
        """By environment how many instances should run unless it is stopped."""
        rows = Process.objects.filter(environment__in=self._environments).order_by().values_list("environment")
        return dict(rows.annotate(Sum("quantity")))

    @cached_property
    def processes(self) -> dict[int, list[Process]]:
        """By environment its process types."""
        return _by_environment(Process.objects.filter(environment__in=self._environments).order_by("name"))


@dataclass(frozen=True)
class AppRow:
    """An app's environment with what runs there and its latest deploys, newest first; read when asked for."""

    app: App
    environment: Environment
    batch: Batch

    @property
    def live(self) -> Release | None:
        """What serves."""
        return self.batch.live.get(self.environment.pk)

    @property
    def deploys(self) -> Sequence[Bar]:
        """The latest ones."""
        return self.batch.deploys.get(self.environment.pk, [])

    @property
    def instances(self) -> Sequence[Instance]:
        """All there are, also of other releases than the live one."""
        return self.batch.instances.get(self.environment.pk, [])

    @property
    def processes(self) -> Sequence[Process]:
        """What should run."""
        return self.batch.processes.get(self.environment.pk, [])

    @property
    def state(self) -> str:
        """One word for the whole."""
        if going := self.batch.going.get(self.environment.pk):
            return going.state
        if self.environment.stopped:
            return "stopped"
        if self.live:
            return "crashed" if self.live.crashed else "live"  # type: ignore[attr-defined]
        return self.deploys[0].state if self.deploys else "never"

    @property
    def serving(self) -> list[Instance]:
        """The instances of the live release, without those that come up or still finish what they began."""
        return [instance for instance in self.instances if self.live and instance.release_id == self.live.pk]

    @property
    def restarting(self) -> list[str]:
        """Names of those for which a restart was asked that has not reached them yet."""
        return [instance.name for instance in self.serving if instance.restart_requested_at]

    @property
    def up(self) -> int:
        """How many instances of the live release are up."""
        return self.live.up if self.live else 0  # type: ignore[attr-defined]

    @property
    def wanted(self) -> int:
        """How many instances should be up."""
        running = self.live and not self.environment.stopped
        return self.batch.wanted.get(self.environment.pk, 0) if running else 0

    @property
    def is_behind(self) -> bool:
        """Whether what is set is newer than what runs: it was changed since, or what runs is a way back."""
        if self.live and self.live.kind == Release.Kind.ROLLBACK:
            return bool(self.live.config != ConfigVar.objects.for_release(self.environment))
        changed = self.environment.config_changed_at
        return bool(self.live and changed and changed > self.live.created_at)

    @property
    def formation(self) -> list["Formation"]:
        """Each process type with its command and a dot per instance."""
        commands = self.live.commands if self.live else {}
        said = last_words(self.environment, {each.name for each in self.serving if each.crashes})
        return [
            Formation(process, commands.get(process.name), self._of(process.name), self.environment.stopped, said)
            for process in self.processes
        ]

    def _of(self, process: str) -> list[Instance]:
        return [instance for instance in self.serving if instance.process == process]

    @property
    def bars(self) -> list[tuple[int, int, Bar]]:
        """The latest deploys, oldest first, as (x, height of 20, deploy): higher took longer."""
        longest = max((deploy.seconds or 0 for deploy in self.deploys), default=0) or 1
        drawn = list(reversed(self.deploys))
        return [(x * 5, max(3, round(20 * (deploy.seconds or 0) / longest)), deploy) for x, deploy in enumerate(drawn)]


@dataclass(frozen=True)
class Formation:
    """One process type: what should run of it and what does; `released` is its command in the live release.

    `said` is what instances that crashed printed last, by their names.
    """

    process: Process
    released: str | None
    instances: Sequence[Instance]
    stopped: bool
    said: Mapping[str, Sequence[str]]

    @property
    def command(self) -> str:
        """By which it runs, without what was typed as a secret; empty for an image's own entry point."""
        return redact_command(self.process.command if self.released is None else self.released)

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
        """The instance that crashed most often, to say why."""
        return max((each for each in self.instances if each.crashes), key=lambda each: each.crashes, default=None)

    @property
    def last_words(self) -> Sequence[str]:
        """What that one printed last."""
        return self.said.get(self.worst.name, []) if self.worst else []


def rows_of(apps: Iterable[App], environment: str = "production", going: Iterable[Going] | None = None) -> list[AppRow]:
    """A row for each app that has an environment of that name, in the given order."""
    by_id = {app.pk: app for app in apps}
    found = list(Environment.objects.filter(app__in=by_id, name=environment).order_by())
    for one in found:
        one.app = by_id[one.app_id]
    batch = Batch(found, going, LINE)
    rows = {one.app.pk: AppRow(one.app, one, batch) for one in found}
    return [rows[pk] for pk in by_id if pk in rows]


def row_of(environment: Environment, going: Iterable[Going] | None = None, of_live: Sequence[str] = HEADER) -> AppRow:
    """The row of one environment."""
    return AppRow(environment.app, environment, Batch([environment], going, of_live))


def _deploys(environments: Sequence[Environment]) -> dict[int, list[Bar]]:
    """The latest deploys by environment, newest first, without a single model: there may be a thousand."""
    found: dict[int, dict[int, Bar]] = defaultdict(dict)
    for environment, number, *columns in _recent(environments):
        facts = deploys.Facts(*columns)
        bar = Bar(number, facts.state, _seconds(columns[0], facts.ended))
        found[environment].setdefault(number, bar)
    return {environment: list(bars.values()) for environment, bars in found.items()}


def _recent(environments: Sequence[Environment]) -> list[tuple[Any, ...]]:
    """Key, number and columns of the latest deploys; a busy environment's thousands of older ones are not looked at."""
    chosen = [each.pk for each in environments]
    if not chosen:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LATEST % ", ".join(["%s"] * len(chosen)), chosen)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _seconds(created: str, ended: Any) -> float | None:
    """Between two moments that are text; None while it goes on."""
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(created)).total_seconds() if ended else None


def _by_environment(rows: "QuerySet[Row]") -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.environment_id].append(row)
    return found
