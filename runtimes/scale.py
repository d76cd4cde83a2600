"""Scaling: say how many; reconciliation starts or stops the difference."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.models import Environment, Process
from runtimes.orders import bring_in_line

# Of one process type; of all of an environment together see the setting INSTANCES.
MOST = 50


def scale(environment: Environment, quantities: Mapping[str, int]) -> None:
    """Set how many instances of each process type shall run.

    Raises `ValidationError` for a type that the app does not have, a number out of range, or more than an
    environment may run; then nothing is changed.
    """
    known = {process.name: process for process in environment.processes.all()}
    for name, quantity in quantities.items():
        if name not in known:
            have = ", ".join(sorted(known)) or _("none yet: deploy first")
            raise ValidationError(
                _("There is no process type %(name)s. There are: %(have)s.") % {"name": name, "have": have}
            )
        if not 0 <= quantity <= MOST:
            raise ValidationError(_("%(name)s: choose a number from 0 to %(most)s.") % {"name": name, "most": MOST})
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)  # of two who scale at once, one counts last
        before = _total(environment)
        for name, quantity in quantities.items():
            Process.objects.filter(pk=known[name].pk).update(quantity=quantity)
        if settings.INSTANCES < (total := _total(environment)) > before:
            raise ValidationError(
                _("%(where)s may run %(most)s instances of all process types together; this would be %(total)s.")
                % {"where": environment.name, "most": settings.INSTANCES, "total": total}
            )
        bell.ring(f"app.{environment.app_id}")
        bring_in_line(environment)


def _total(environment: Environment) -> int:
    """How many instances of all process types shall run."""
    return sum(environment.processes.values_list("quantity", flat=True))
