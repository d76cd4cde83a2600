"""Process types of ready images, which nothing but their people names, and the release command of an environment."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.models import App, Environment, Process
from runtimes.orders import bring_in_line

NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")


def add(environment: Environment, name: str, command: str = "") -> Process:
    """One more process type, from the next release on; an empty command is the image's own entry point.

    Raises `ValidationError` by field if it cannot be.
    """
    if environment.app.source != App.Source.IMAGE:
        raise ValidationError(_("The process types of this app come from its Procfile."))
    if not NAME.fullmatch(name) or name == "release":
        raise ValidationError({"name": _("Use letters, digits, hyphens and underscores, and not the name release.")})
    process = Process(environment=environment, name=name, command=command, quantity=int(name == "web"))
    process.full_clean()
    process.save()
    bell.ring(f"app.{environment.app_id}")
    return process


def remove(process: Process) -> None:
    """End its instances and forget it; raise `ValidationError` where the Procfile would bring it back."""
    environment = process.environment
    if environment.app.source != App.Source.IMAGE:
        raise ValidationError(_("The process types of this app come from its Procfile. Scale this one to 0 instead."))
    process.delete()
    bell.ring(f"app.{environment.app_id}")
    bring_in_line(environment)


def set_release_command(environment: Environment, command: str) -> None:
    """What each next release runs once before its instances start; empty: what the Procfile says, if it does."""
    environment.release_command = command.strip()
    environment.save(update_fields=["release_command"])
    bell.ring(f"app.{environment.app_id}")
