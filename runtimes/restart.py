"""Restarting: one instance after the other, and never fewer of them serving than before."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.holding import hold
from runtimes.models import Environment, Instance, Process
from runtimes.orders import bring_in_line, order
from runtimes.reconcile import dismiss, reconcile, settle

log = logging.getLogger(__name__)

# For so long an additional instance stands in while others restart; a restart whose worker died leaves none for longer.
SURGE = timedelta(minutes=10)


def restart(environment: Environment, what: str = "") -> None:
    """Have all instances restarted, those of a process type, or one (`web.1`); `ValidationError` if there is none."""
    if not _chosen(environment, what):
        raise ValidationError(
            _("Nothing called %(what)s runs in %(where)s.") % {"what": what, "where": environment.name}
            if what
            else _("Nothing runs yet.")
        )
    order("runtimes.tasks.restart", environment.pk, what)


def stop(environment: Environment) -> None:
    """Stop everything of an environment; its release and its scale are kept."""
    _set(environment, stopped=True)


def start(environment: Environment) -> None:
    """Start again what was stopped."""
    _set(environment, stopped=False)


def set_maintenance(environment: Environment, *, on: bool) -> None:
    """Show visitors a page that says the app is being worked on, or the app again."""
    _set(environment, maintenance=on)


def _set(environment: Environment, **fields: bool) -> None:
    Environment.objects.filter(pk=environment.pk).update(**fields)
    bell.ring(f"app.{environment.app_id}", "apps")
    bring_in_line(environment)


def carry_out(environment: Environment, what: str) -> None:
    """Restart the chosen instances, one after the other, while there is one more of their kind than before.

    Where none comes up any more what runs is left alone: a restart takes nothing from those who are served.
    """
    instances, before = _chosen(environment, what), _up(environment)
    processes = Process.objects.filter(environment=environment, name__in={each.process for each in instances})
    try:
        processes.update(surge_until=timezone.now() + SURGE)
        _bring_in_line(environment)
        for instance in instances:
            if 0 < _least(before, environment)[instance.process] >= _up(environment)[instance.process]:
                log.warning("%s in %s is not restarted: none came up to stand in.", instance, environment)
                continue
            replace(instance)
            _bring_in_line(environment)
    finally:
        processes.update(surge_until=None)
        _bring_in_line(environment)


def replace(instance: Instance) -> None:
    """End one instance, without a request being lost; the next reconciliation starts it again."""
    with hold(f"environment.{instance.environment_id}"):
        dismiss([instance])


def _bring_in_line(environment: Environment) -> None:
    reconcile(environment)
    settle(environment)


def _up(environment: Environment) -> Counter[str]:
    """How many instances of each process type serve."""
    return Counter(environment.instances.filter(release__state="live", state="up").values_list("process", flat=True))


def _least(before: Counter[str], environment: Environment) -> Counter[str]:
    """How many shall serve at any time: as many as before, or fewer where somebody scaled down meanwhile."""
    return before & Counter(dict(environment.processes.values_list("name", "quantity")))


def _chosen(environment: Environment, what: str) -> list[Instance]:
    running: Iterable[Instance] = environment.instances.filter(release__state="live").exclude(state="down")
    return [instance for instance in running if what in ("", instance.process, instance.name)]
