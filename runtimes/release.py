"""Releases without a build: a changed config, a promotion, a way back. Each is a new one, never an old one edited."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from runtimes import bell, deploy, journal
from runtimes.models import ConfigVar, Environment, Journal, Release, Slug
from runtimes.orders import order

Kind = Release.Kind

# A release that no worker has taken up after this long is given up by the periodic look.
PATIENCE = timedelta(minutes=5)

# How many releases of an environment can be rolled back to.
KEPT = 10


def change_config(environment: Environment, by: Any = None, description: str = "") -> Release:
    """Release what runs now with the config as it is set now."""
    live = _live(environment)
    return _request(environment, live.slug, by, kind=Kind.CONFIG, description=description or "Config changed")


def roll_back(to: Release, by: Any = None, *, current_config: bool = False) -> Release:
    """Release an old release's slug again, with that release's config or the current one."""
    if to not in possible_rollbacks(to.environment):
        raise ValidationError(f"{to.version} cannot be rolled back to: it never served, or its slug is gone.")
    config = ConfigVar.objects.for_release(to.environment) if current_config else to.config
    facts = {"config": config, "commands": to.commands, "release_command": to.release_command}
    described = f"Rolled back to {to.version}" + (" with the current config" if current_config else "")
    return _request(to.environment, to.slug, by, kind=Kind.ROLLBACK, origin=to, description=described, **facts)


def promote(source: Environment, target: Environment, by: Any = None) -> Release:
    """Release the slug that serves in `source` in `target`, with the config of `target`, without a build."""
    if source.app_id != target.app_id or source == target:
        raise ValidationError("Choose two environments of the same app.")
    live = _live(source)
    described = f"Promoted from {source.name} {live.version}"
    return _request(target, live.slug, by, kind=Kind.PROMOTION, origin=live, description=described)


def possible_rollbacks(environment: Environment) -> "QuerySet[Release]":
    """The releases that one can go back to, newest first."""
    served = environment.releases.filter(state="retired").select_related("slug", "environment__app")
    return served.defer("config").order_by("-number")[:KEPT]


def _live(environment: Environment) -> Release:
    if not (live := environment.live):
        raise ValidationError(f"Nothing runs in {environment.name} yet. Deploy first.")
    return live


def _request(environment: Environment, slug: Slug, by: Any, **facts: Any) -> Release:
    facts |= {"created_by": by, "lease_until": timezone.now() + PATIENCE}
    try:
        with transaction.atomic():
            record = Journal.objects.open(environment, by=by)
            journal.plan(record, deploy.STEPS)
            release = deploy.make_release(slug, environment, journal=record, **facts)
            journal.note(record, f"{release.description}, asked for by {by or 'the command line'}.")
            order("runtimes.tasks.carry_out", release.pk)
    except IntegrityError:
        raise ValidationError("Another release of this environment is on its way. Wait until it is live.") from None
    bell.ring(f"app.{environment.app_id}", "apps")
    return release
