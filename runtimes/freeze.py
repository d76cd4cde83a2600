"""A release is frozen when it is made: what it runs, with which config, by which commands, asked at which port."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.models import ConfigVar, Environment, Image, Journal, Process, Release, Slug
from runtimes.models.releases import PORT

# What can be released.
Runnable = Slug | Image


def make_release(what: Runnable, environment: Environment, *, journal: Journal, **facts: Any) -> Release:
    """The next release, pending, and a row for each of its process types; what `facts` do not say is as set now.

    Raises `IntegrityError` if the environment has a pending release already, and `ValidationError` if what it runs has
    been cleaned up.
    """
    with transaction.atomic():
        number = Release.objects.next_number(environment)  # nobody makes another one from here on
        environment.refresh_from_db(fields=["release_command"])
        facts = as_set_now(what, environment) | facts
        if type(what)._default_manager.filter(pk=what.pk, removed_at__isnull=False).exists():
            raise ValidationError(_("What it runs has been cleaned up in the meantime."))
        release = Release.objects.create(environment=environment, number=number, journal=journal, **facts)
        for name, command in release.commands.items():
            defaults = {"quantity": int(name == "web"), "command": command if release.image else ""}
            Process.objects.get_or_create(environment=environment, name=name, defaults=defaults)
    bell.ring(journal.topic, f"app.{environment.app_id}")
    return release


def runs(release: Release) -> Runnable:
    """What a release runs. The database knows no release of neither, and none of both."""
    what = release.slug or release.image
    assert what is not None  # noqa: S101 - tells mypy what the constraint says
    return what


def as_set_now(what: Runnable, environment: Environment) -> dict[str, Any]:
    """What a release of it in this environment would have for its fields, as everything is set at this moment."""
    set_here = environment.processes.filter(name="web").values_list("port", flat=True).first()
    facts = {"config": ConfigVar.objects.for_release(environment), "commands": _commands(what, environment)}
    if isinstance(what, Slug):
        command = environment.release_command or what.release_command
        return facts | {"slug": what, "port": set_here or PORT, "release_command": command}
    port = set_here or what.port or PORT
    return facts | {"image": what, "port": port, "release_command": environment.release_command}


def _commands(what: Runnable, environment: Environment) -> dict[str, str]:
    """The command per process type: the slug's, or the environment's in its place; an image brings none."""
    set_here = dict(environment.processes.values_list("name", "command"))
    if isinstance(what, Slug):
        return {name: set_here.get(name) or command for name, command in what.process_types.items()}
    return set_here or {"web": ""}
