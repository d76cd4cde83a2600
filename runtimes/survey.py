"""Which environments are not as they should be: found with a fixed number of queries, however many there are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from django.utils import timezone

from runtimes.engine.base import Observed
from runtimes.installation import engine
from runtimes.models import Environment, Instance, Process, Release
from runtimes.reconcile import due

# What was started so short a time ago is left to who started it.
SETTLING = timedelta(seconds=5)

# An instance's place in its environment: number of the release, process type, index.
Place = tuple[str, str, int]

Row = TypeVar("Row", Process, Instance)


@dataclass
class View:
    """What is known of one environment; releases that are over are known by their containers alone."""

    live: Release | None = None
    coming: Release | None = None
    processes: list[Process] = field(default_factory=list)
    instances: dict[Place, Instance] = field(default_factory=dict)
    containers: dict[Place, Observed] = field(default_factory=dict)

    def is_right(self) -> bool:
        """Whether exactly what should run does, and the rows say so. What comes up for a while is not right yet."""
        coming = str(self.coming.number) if self.coming else ""
        of_live = {place for place in self.containers if place[0] != coming}
        if of_live != self.wanted() or self.containers.keys() != self.instances.keys():
            return False
        return all(_says_so(self.instances[place], one) for place, one in self.containers.items())

    def wanted(self) -> set[Place]:
        """Where an instance of the live release shall be."""
        if not self.live:
            return set()
        processes = [process for process in self.processes if process.name in self.live.commands]
        number = str(self.live.number)
        return {(number, each.name, index) for each in processes for index in range(1, each.wanted + 1)}


def differing() -> list[Environment]:
    """The environments of all apps that are not being removed in which something is to be done."""
    environments = {
        (each.app.name, each.name): each
        for each in Environment.objects.filter(app__destroyed_at=None).select_related("app")
    }
    views: dict[int, View] = defaultdict(View)
    by_id = {each.pk: each for each in environments.values()}
    for container in engine().observe({"slipway.kind": "instance"}):
        labels = container.labels
        if found := environments.get((labels.get("slipway.app", ""), labels.get("slipway.environment", ""))):
            views[found.pk].containers[_place(container)] = container
    _add_rows(views, by_id)
    return [each for each in by_id.values() if each.trouble or not views[each.pk].is_right()]


def _add_rows(views: dict[int, View], environments: dict[int, Environment]) -> None:
    for release in Release.objects.filter(state__in=("live", "pending")).defer("config"):
        if release.state == "live":
            views[release.environment_id].live = release
        else:
            views[release.environment_id].coming = release
    for process in _known(Process.objects.all(), environments):
        views[process.environment_id].processes.append(process)
    instances = Instance.objects.exclude(state="down")
    numbers = dict(instances.values_list("pk", "release__number"))
    for instance in _known(instances, environments):
        place = (str(numbers.get(instance.pk, "")), instance.process, instance.index)
        views[instance.environment_id].instances[place] = instance


def _known(rows: Iterable[Row], environments: dict[int, Environment]) -> Iterable[Row]:
    """Those of known environments, which each gets without a query."""
    for row in rows:
        if found := environments.get(row.environment_id):
            row.environment = found
            yield row


def _place(container: Observed) -> Place:
    labels = container.labels
    return labels.get("slipway.release", ""), labels.get("slipway.process", ""), container.index


def _says_so(instance: Instance, container: Observed) -> bool:
    """Whether the row says what is, and nothing is to be done about it."""
    told = (instance.ref, instance.address, instance.started_at)
    if told != (container.ref, container.address, container.started_at):
        return False
    if container.state == "exited":
        return instance.state == "crashed" and timezone.now() < due(instance)
    return container.state == "up" and (instance.state == "up" or _is_new(instance))


def _is_new(instance: Instance) -> bool:
    """Whether somebody has just started it, who asks it again and again whether it is well."""
    if instance.state != "starting" or instance.started_at is None:
        return False
    return timezone.now() < instance.started_at + SETTLING
