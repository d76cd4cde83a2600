"""Starting a deploy: everything a page needs is written down before anyone works on it."""

from datetime import datetime
from typing import Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from builds.build import listed
from builds.models import Build
from builds.progress import PLACEHOLDER
from runtimes import bell, deploy, journal
from runtimes.models import App, Environment, Journal
from runtimes.orders import order


def start_deploy(
    environment: Environment,
    *,
    by: Any = None,
    ref: str = "",
    archive: "File[bytes] | None" = None,
    clear_cache: bool = False,
) -> Build:
    """Queue a deploy of the app's source, or of `archive`, to `environment`; return its build.

    The journal, all of its steps and its first line are there when this returns.
    """
    app = environment.app
    key = storages["sources"].save(f"{app.pk}/upload", archive) if archive else ""
    with transaction.atomic():
        record = Journal.objects.open(environment, by=by)
        build = Build.objects.create(app=app, journal=record, ref=ref, archive=key, clear_cache=clear_cache)
        journal.plan(record, steps(app))
        queued = record.steps.get(key="queued")
        queued.move("running", started_at=timezone.now())
        journal.note(record, _first_line(record), step=queued.position)
        bell.ring(f"app.{app.pk}", "apps")
        order("builds.tasks.build_next")
    return build


def steps(app: App) -> list[tuple[str, str]]:
    """The steps of a deploy of this app, as (key, name), as far as they are known before it starts."""
    buildpacks = [(f"buildpack:{index}", each.name) for index, each in enumerate(listed(app))]
    return [
        ("queued", "Queued"),
        ("fetch", "Fetch source"),
        ("detect", "Detect"),
        *(buildpacks or [(PLACEHOLDER, "Buildpacks")]),
        ("package", "Package slug"),
        ("store", "Store slug"),
        *deploy.STEPS,
    ]


def _first_line(record: Journal) -> str:
    who = f" by {record.created_by}" if record.created_by else ""
    now: datetime = timezone.localtime()
    return f"Queued{who} at {now:%H:%M:%S} UTC, to be deployed to {record.environment.name}."
