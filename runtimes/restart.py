"""Restarting: one instance after the other, and never fewer of them serving than before."""

import logging
from collections import Counter
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from runtimes import bell
from runtimes.holding import alone, hold
from runtimes.models import Environment, Instance, Process
from runtimes.orders import ask, bring_in_line, order
from runtimes.reconcile import dismiss, reconcile, settle

log = logging.getLogger(__name__)

# For so long an additional instance stands in while others restart; a restart whose worker died leaves none for longer.
SURGE = timedelta(minutes=10)

LATER = gettext_lazy("The restart is kept, and begins within seconds once they can.")


def restart(environment: Environment, what: str = "") -> bool:
    """Have all instances restarted, those of a process type, or one (`web.1`); `ValidationError` if there is none.

    The wish is kept with the instances. Say whether the workers know of it already, and not only from the next look on.
    """
    chosen = [each.pk for each in _running(environment) if _is_meant(each.name, what)]
    if not chosen:
        raise ValidationError(
            _("Nothing called %(what)s runs in %(where)s.") % {"what": what, "where": environment.name}
            if what
            else _("Nothing runs yet.")
        )
    Instance.objects.filter(pk__in=chosen).update(restart_requested_at=timezone.now())
    bell.ring(f"app.{environment.app_id}")
    return ask("runtimes.tasks.restart", environment.pk)


def is_under_way(environment: Environment) -> bool:
    """Whether instances are being restarted, or are to be."""
    return environment.instances.exclude(restart_requested_at=None).exists()


def left(environment: Environment, what: str = "") -> list[str]:
    """Which of these the last restart left as they were, because none came up to stand in."""
    said = Environment.objects.filter(pk=environment.pk).exclude(unrestarted="").values_list("unrestarted", flat=True)
    return [name for names in said for name in names.split(", ") if _is_meant(name, what)]


def take_up() -> None:
    """Ask for the restarts of which no worker may know: it was away, or it ended."""
    requested = Instance.objects.exclude(restart_requested_at=None)
    for pk in requested.order_by().values_list("environment", flat=True).distinct():
        order("runtimes.tasks.restart", pk)


def stop(environment: Environment) -> None:
    """Stop everything of an environment; its release and its scale are kept."""
    _set(environment, stopped=True, unrestarted="")


def start(environment: Environment) -> None:
    """Start again what was stopped."""
    _set(environment, stopped=False)


def set_maintenance(environment: Environment, *, on: bool) -> None:
    """Show visitors a page that says the app is being worked on, or the app again."""
    _set(environment, maintenance=on)


def _set(environment: Environment, **fields: bool | str) -> None:
    Environment.objects.filter(pk=environment.pk).update(**fields)
    bell.ring(f"app.{environment.app_id}", "apps")
    bring_in_line(environment)


def carry_out(environment: Environment) -> None:
    """Restart what was asked for, and what is asked for meanwhile, unless somebody in this process does.

    Where none comes up any more what runs is left alone: a restart takes nothing from those who are served. It is told
    on the environment, until a restart or a release succeeds.
    """
    with alone(f"restart.{environment.pk}") as is_free:
        if is_free:
            _carry_out(environment)


def _carry_out(environment: Environment) -> None:
    names: list[str] = []
    while instances := _running(environment).exclude(restart_requested_at=None):
        left = _one_by_one(environment, list(instances))
        names += [each.name for each in left]
        Environment.objects.filter(pk=environment.pk).update(unrestarted=", ".join(names))
        for each in left:  # unless somebody has asked again
            _forget(Instance.objects.filter(pk=each.pk, restart_requested_at=each.restart_requested_at))
    _forget(environment.instances.exclude(pk__in=_running(environment)))
    bell.ring(f"app.{environment.app_id}")


def _one_by_one(environment: Environment, instances: list[Instance]) -> list[Instance]:
    """Restart these, while there is one more of their kind than before; return those that were left as they are."""
    reconcile(environment)  # one that stood in before and crashed would rest, and none would stand in
    left, before = [], _up(environment)
    processes = Process.objects.filter(environment=environment, name__in={each.process for each in instances})
    try:
        processes.update(surge_until=timezone.now() + SURGE)
        _bring_in_line(environment)
        for instance in instances:
            if 0 < _least(before, environment)[instance.process] >= _up(environment)[instance.process]:
                log.warning("%s in %s is not restarted: none came up to stand in.", instance, environment)
                left.append(instance)
                continue
            replace(instance)
            _bring_in_line(environment)
    finally:
        processes.update(surge_until=None)
        _bring_in_line(environment)
    return left


def _forget(instances: QuerySet[Instance]) -> None:
    instances.exclude(restart_requested_at=None).update(restart_requested_at=None)


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


def _running(environment: Environment) -> QuerySet[Instance]:
    return environment.instances.filter(release__state="live", state__in=("starting", "up", "crashed"))


def _is_meant(instance: str, what: str) -> bool:
    return what in ("", instance, instance.rpartition(".")[0])
