"""Releases without a build: a changed config, a promotion, a way back. Each is a new one, never an old one edited."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from runtimes import bell, deploy, journal
from runtimes.freeze import Runnable, make_release, runs
from runtimes.models import ConfigVar, Environment, Journal, Release
from runtimes.orders import order

Kind = Release.Kind

# How many are shown to go back to; a clean-up leaves as many as the platform's limits say.
SHOWN = 100


def take_up() -> None:
    """Ask for the releases that no worker has taken up: none may have been there to hear of them."""
    for pk in Release.objects.filter(state="pending", worker="", lease_until=None).values_list("pk", flat=True):
        order("runtimes.tasks.carry_out", pk)


def change_config(environment: Environment, by: Any = None, description: str = "") -> Release:
    """Release what runs now with the config as it is set now."""
    live = _live(environment)
    return _request(environment, runs(live), by, kind=Kind.CONFIG, description=description or _("Config changed"))


def roll_back(to: Release, by: Any = None, *, current_config: bool = False) -> Release:
    """Release what an old release runs again, with that release's config or the current one."""
    if to not in possible_rollbacks(to.environment):
        raise ValidationError(
            _("%(version)s cannot be rolled back to: it serves now, it never did, or what it ran is gone.")
            % {"version": to.version}
        )
    config = ConfigVar.objects.for_release(to.environment) if current_config else to.config
    facts = {"config": config, "commands": to.commands, "port": to.port, "release_command": to.release_command}
    described = (
        _("Rolled back to %(version)s with the current config") if current_config else _("Rolled back to %(version)s")
    )
    described %= {"version": to.version}
    return _request(to.environment, runs(to), by, kind=Kind.ROLLBACK, origin=to, description=described, **facts)


def promote(source: Environment, target: Environment, by: Any = None) -> Release:
    """Release what serves in `source` in `target`, with the config of `target`, without a build."""
    if source.app_id != target.app_id or source == target:
        raise ValidationError(_("Choose two environments of the same app."))
    live = _live(source)
    if live.image:
        _take_along(live, target)
    described = _("Promoted from %(name)s %(version)s") % {"name": source.name, "version": live.version}
    return _request(target, runs(live), by, kind=Kind.PROMOTION, origin=live, description=described)


def possible_rollbacks(environment: Environment) -> "QuerySet[Release]":
    """The releases that one can go back to, newest first."""
    served = (
        environment.releases.filter(state="retired")
        .filter(Q(slug__removed_at=None) & Q(image__removed_at=None))
        .select_related("slug", "image")
    )
    return served.defer("config").order_by("-number")[:SHOWN]


def _take_along(live: Release, target: Environment) -> None:
    """An image does not say how it is started: what the target has not set itself is set there as where it serves."""
    if not target.releases.exists() and not target.release_command:
        target.release_command = live.release_command
        target.save(update_fields=["release_command"])
    for process in live.environment.processes.filter(name__in=live.commands):
        facts = {"command": live.commands[process.name], "port": process.port, "quantity": int(process.is_web)}
        target.processes.get_or_create(name=process.name, defaults=facts)


def _live(environment: Environment) -> Release:
    if not (live := environment.live):
        raise ValidationError(_("Nothing runs in %(name)s yet. Deploy first.") % {"name": environment.name})
    return live


def _request(environment: Environment, what: Runnable, by: Any, **facts: Any) -> Release:
    facts |= {"created_by": by}
    try:
        with transaction.atomic():
            record = Journal.objects.open(environment, by=by)
            journal.plan(record, deploy.STEPS)
            release = make_release(what, environment, journal=record, **facts)
            journal.note(
                record,
                _("%(description)s, asked for by %(by)s.")
                % {"description": release.description, "by": by or _("the command line")},
            )
            order("runtimes.tasks.carry_out", release.pk)
    except IntegrityError:
        raise ValidationError(_("Another release of this environment is on its way. Wait until it is live.")) from None
    bell.ring(f"app.{environment.app_id}", "apps")
    return release
