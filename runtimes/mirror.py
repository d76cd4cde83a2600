"""What the engine reports, into Instance rows."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.utils import timezone

from runtimes import bell
from runtimes.engine.base import Observed
from runtimes.models import Environment, Instance, Release

# A row's place: release, process type, number. At most one row of a place is not down.
Place = tuple[int, str, int]

# An instance that ran this long was well: its crashes are counted anew.
STEADY = timedelta(minutes=10)


def mirror(environment: Environment, observed: Collection[Observed]) -> None:
    """Make the rows of an environment say what exists; `observed` is everything of it that does.

    An instance whose row says so already costs no query.
    """
    releases = releases_of(environment, observed)
    rows = {_place(row): row for row in environment.instances.exclude(state="down")}
    before, now = {row.pk: _facts(row) for row in rows.values()}, dict[int, object]()
    for container in observed:
        release = releases.get(container.labels.get("slipway.release", ""))
        if release and container.index:
            row = rows.get((release.pk, container.labels["slipway.process"], container.index))
            instance = _reflect(release, container, row)
            now[instance.pk] = _facts(instance)
    for row in rows.values():
        if row.pk not in now and row.state != "down":
            _end(row)
    if now != before:
        bell.ring(f"app.{environment.app_id}")


def releases_of(environment: Environment, observed: Collection[Observed]) -> dict[str, Release]:
    """The releases that these containers belong to, by what their labels say; without their config, which is sealed."""
    numbers = {each.labels.get("slipway.release", "") for each in observed}
    found = environment.releases.filter(number__in=[each for each in numbers if each.isdecimal()])
    return {str(release.number): release for release in found.defer("config")}


def _reflect(release: Release, container: Observed, row: Instance | None) -> Instance:
    if row and row.ref not in ("", container.ref):
        _end(row)  # its container is gone, and this one has taken its place
        row = None
    instance = row or _begin(release, container)
    # It may have been started and have crashed again since the last look.
    began_again = instance.started_at != container.started_at
    _write_down(instance, container)
    if instance.state == "crashed" and (began_again or container.state != "exited"):
        instance.move("starting")
    if container.state == "exited" and instance.state != "crashed":
        end = {"exit_code": container.exit_code, "oom": container.oom, "ended_at": timezone.now()}
        instance.move("crashed", crashes=_crashes_before(instance) + 1, **end)
    return instance


def _crashes_before(instance: Instance) -> int:
    """How often it crashed in a row before this time."""
    was_well = instance.started_at and instance.started_at < timezone.now() - STEADY
    return 0 if was_well else instance.crashes


def _begin(release: Release, container: Observed) -> Instance:
    place = {"release": release, "process": container.labels["slipway.process"], "index": container.index}
    rows = Instance.objects.exclude(state="down")
    return rows.get_or_create(**place, defaults={"environment": release.environment, **_told(container)})[0]


def _write_down(instance: Instance, container: Observed) -> None:
    """What may change while an instance runs."""
    facts = _told(container)
    if facts != {name: getattr(instance, name) for name in facts}:
        Instance.objects.filter(pk=instance.pk).update(**facts)
        for name, value in facts.items():
            setattr(instance, name, value)


def _told(container: Observed) -> dict[str, Any]:
    """What the engine says of a container for its row."""
    return {name: getattr(container, name) for name in ("ref", "address", "node", "started_at")}


def _facts(row: Instance) -> object:
    """What people see of an instance."""
    return row.state, row.ref, row.address, row.started_at


def _place(row: Instance) -> Place:
    return row.release_id, row.process, row.index


def _end(instance: Instance) -> None:
    instance.move("stopping")
    instance.move("down", ended_at=timezone.now(), address="")
