"""Asking instances that serve how they are, now and then; who fails too often in a row is restarted."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from runtimes import health
from runtimes.health import Question
from runtimes.models import Instance, Process
from runtimes.orders import order

log = logging.getLogger(__name__)


def check_up() -> None:
    """Ask all that are due, at once, with a fixed number of queries; restart one of an environment at a time."""
    asked = _due(timezone.now())
    well = {each.pk for each in health.answered(asked)}
    unwell = [each for each in asked if each.instance.pk not in well]
    rows = Instance.objects.filter(state__in=("starting", "up"))
    if well:
        rows.filter(pk__in=well).update(unwell=0, checked_at=timezone.now())
    if unwell:
        rows.filter(pk__in=[each.instance.pk for each in unwell]).update(
            unwell=F("unwell") + 1, checked_at=timezone.now()
        )
        _restart(each for each in unwell if each.instance.unwell + 1 >= each.process.failures)


def _due(now: datetime) -> list[Question]:
    """The instances of live releases that were not asked for as long as their check says.

    One that comes up still is asked by who waits for it; when its time for that is over it is asked like the others.
    """
    processes = {(each.environment_id, each.name): each for each in Process.objects.select_related("environment__app")}
    instances = Instance.objects.filter(Q(state="up") | Q(state="starting", started_at__isnull=False))
    questions = [
        Question(each, process)
        for each in instances.filter(release__state="live").select_related("release").defer("release__config")
        if (process := processes.get((each.environment_id, each.process)))
    ]
    return [each for each in questions if _is_due(*each[:2], now)]


def _is_due(instance: Instance, process: Process, now: datetime) -> bool:
    if instance.state == "starting" and instance.started_at:
        return instance.started_at + timedelta(seconds=process.start_period) <= now and _is_time(instance, process, now)
    return _is_time(instance, process, now)


def _is_time(instance: Instance, process: Process, now: datetime) -> bool:
    return instance.checked_at is None or instance.checked_at + timedelta(seconds=process.interval) <= now


def _restart(ill: Iterable[Question]) -> None:
    """One after the other: while another of the environment restarts, the next look has the next one."""
    begun, now = set[int](), timezone.now()
    for instance, process, *_ in ill:
        if process.is_restarting or instance.environment_id in begun:
            continue
        row = Instance.objects.filter(pk=instance.pk, state__in=("starting", "up"))
        if row.update(unwell=0, restart_requested_at=now):
            begun.add(instance.environment_id)
            log.warning("%s of %s is not well and is restarted.", instance, process.environment)
            order("runtimes.tasks.restart", instance.environment_id)
