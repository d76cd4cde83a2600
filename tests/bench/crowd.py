"""Fill an empty database with a crowd: so many apps, builds and releases, in seconds.

One row of each kind is made by its model; the others are copied from it inside the database, each with keys of its own.
App 0 is the busy one: a tenth of all deploys are its.
"""

from typing import Any

from django.core.management import call_command
from django.db import connection, models
from django.db.models.functions import Now

from buildpacks import registry
from builds.models import Build
from console.models import Activity
from runtimes.models import (
    App,
    ConfigVar,
    Instance,
    Journal,
    LogChunk,
    Membership,
    Process,
    Release,
    Slug,
    Step,
    Team,
)
from tests.console import factories as make

TEAMS = 50
FAILS = 7  # every so many builds fail


class Crowd:
    """`apps` apps with `builds` builds and `releases` releases between them. Of the busy app, deploy 1 failed."""

    def __init__(self, apps: int, builds: int, releases: int) -> None:
        self.apps, self.builds = apps, builds
        self.journals = releases + builds // FAILS
        self.busy = self.journals // 10

    def fill(self) -> None:
        """Make everything; `root` and `member0` can sign in with their names."""
        call_command("migrate", verbosity=0)
        registry.sync()
        self._people()
        first = self._first_app()
        self._copy_apps(first)
        self._copy_deploys(first)
        self._end()

    def _people(self) -> None:
        make.user("root", is_superuser=True)
        for number in range(TEAMS):
            make.team(f"Team {number}", **{f"member{number}": "admin", f"other{number}": "viewer"})

    def _first_app(self) -> App:
        app = make.app("app-0", Team.objects.get(name="Team 0"))
        make.deploy(app, by=make.known("member0"), lines=[(1, f"line {number}") for number in range(40)])
        make.instances(app, "web", ["up", "up"])
        app.config_vars.create(key="KEY_0", value="value")
        Activity.objects.create(action="deploy", actor="member0", app=app.name, app_key=app.pk)
        return app

    def _copy_apps(self, first: App) -> None:
        others = self.apps - 1
        teams = list(Team.objects.order_by("pk").values_list("pk", flat=True))
        copy(first, others, name="'app-' || (n + 1)", team_id=f"{teams[0]} + (n + 1) % {TEAMS}")
        copy(first.production, others, app_id=f"{first.pk} + n + 1")
        place = {"environment_id": f"{first.production.pk} + n + 1"}
        copy(Process.objects.get(), others, **place)
        copy(ConfigVar.objects.get(), 4 * self.apps, app_id=f"{first.pk} + n / 4", key="'KEY_' || (n % 4 + 1)")

    def _copy_deploys(self, first: App) -> None:
        """Number `n` is the busy app's for the first tenth, and then goes round."""
        count, app, environment = self.journals - 1, first.pk, first.production.pk
        owner = f"(CASE WHEN n + 1 < {self.busy} THEN 0 ELSE (n + 1) % {self.apps} END)"
        number = f"(CASE WHEN n + 1 < {self.busy} THEN n + 2 ELSE {self.busy} + (n + 1) / {self.apps} + 1 END)"
        place = {"environment_id": f"{environment} + {owner}"}
        its_app = {"app_id": f"{app} + {owner}"}
        journal = Journal.objects.get()
        every = self.journals // self.builds  # a build for one journal of so many
        copy(journal, count, number=number, **its_app, **place)
        slug, build, release = Slug.objects.get(), Build.objects.get(), Release.objects.get()
        copy(slug, self.builds - 1, app_id=f"{app} + n % {self.apps}")
        of_build = f"((n + 1) * {every})"
        owner_of_build = f"(SELECT app_id FROM runtimes_journal WHERE id = {journal.pk} + {of_build})"  # noqa: S608 - numbers
        states = f"CASE WHEN n % {FAILS} = 0 THEN 'failed' ELSE 'succeeded' END"
        facts = {"journal_id": f"{journal.pk} + {of_build}", "slug_id": f"{slug.pk} + n + 1", "state": states}
        copy(build, self.builds - 1, app_id=owner_of_build, **facts)
        a_slug = f"{slug.pk} + (n + 1) / {every} % {self.builds}"
        facts = {"number": number, "journal_id": f"{journal.pk} + n + 1", "slug_id": a_slug, "state": "'retired'"}
        copy(release, count, **place, **facts)
        for step in Step.objects.filter(journal=journal):
            copy(step, self.builds - 1, journal_id=f"{journal.pk} + {of_build}")
        copy(LogChunk.objects.get(), self.builds - 1, journal_id=f"{journal.pk} + {of_build}")
        copy(Activity.objects.get(), count, app_key=f"{app} + {owner}", actor=f"'member' || (n % {TEAMS})")

    def _end(self) -> None:
        """What failed has no release, and of each app the newest one serves."""
        failed = Build.objects.filter(state="failed")
        Instance.objects.all().delete()
        Release.objects.filter(state="live").update(state="retired")
        Release.objects.filter(journal__in=failed.values("journal")).delete()
        Step.objects.filter(journal__in=failed.values("journal"), key="buildpack:1").update(state="failed")
        newest = Release.objects.values("environment").annotate(last=models.Max("pk")).values("last")
        Release.objects.filter(pk__in=list(newest.values_list("last", flat=True))).update(state="live", live_at=Now())
        live = Release.objects.filter(state="live").values_list("environment", "pk")
        Instance.objects.bulk_create(
            Instance(environment_id=environment, release_id=release, process="web", index=index, state="up")
            for environment, release in live
            for index in (1, 2)
        )
        Journal.objects.filter(sealed_at=None).update(sealed_at=Now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def copy(row: models.Model, count: int, **columns: str) -> None:
    """Insert `count` rows like this one, with these columns made of SQL about `n`, which counts from 0."""
    fields = [field.column for field in row._meta.local_concrete_fields]
    table, key = row._meta.db_table, row._meta.pk
    assert key
    start = type(row)._base_manager.aggregate(last=models.Max("pk"))["last"]
    values = {key.column: f"{start} + n + 1"} | columns
    chosen = ", ".join(values.get(name, f'row."{name}"') for name in fields)
    names = ", ".join(f'"{name}"' for name in fields)
    query = f"""WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s)
        INSERT INTO "{table}" ({names}) SELECT {chosen} FROM numbers, "{table}" AS row WHERE row."{key.column}" = %s"""  # noqa: S608 - our own columns
    with connection.cursor() as cursor:
        cursor.execute(query, [count, row.pk])


def facts() -> dict[str, Any]:
    """How many there are."""
    return {model.__name__: model._base_manager.count() for model in (App, Build, Release, Journal, Step, Membership)}
