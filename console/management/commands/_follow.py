"""What several commands share: finding an app, following a deploy's log."""

import time
from collections.abc import Callable

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from builds import deploys
from builds.deploys import Deploy
from runtimes import journal
from runtimes.models import App, Environment, Journal, Release

POLL_SECONDS = 0.25


def find_app(name: str) -> App:
    """The app of this name; `CommandError` if there is none."""
    try:
        return App.objects.get(name=name)
    except App.DoesNotExist:
        raise CommandError(_("There is no app %(name)s.") % {"name": name}) from None


def find_environment(app: App, name: str) -> Environment:
    """The app's environment of this name; `CommandError` if there is none."""
    try:
        return app.environments.get(name=name)
    except Environment.DoesNotExist:
        raise CommandError(_("%(app)s has no environment %(name)s.") % {"app": app.name, "name": name}) from None


def find_release(environment: Environment, version: str) -> Release:
    """The release with this version, as v12; `CommandError` if there is none."""
    number = version.removeprefix("v")
    release = environment.releases.filter(number=number).first() if number.isdecimal() else None
    if not release:
        raise CommandError(
            _("%(environment)s has no release %(version)s.") % {"environment": environment, "version": version}
        )
    return release


def follow_release(release: Release, write: Callable[[str], object]) -> None:
    """Follow a release that needs no build; `CommandError` unless it goes live."""
    deploy = follow(release.environment.app, release.journal.number, write)
    if deploy.state not in ("live", "retired"):
        raise CommandError(f"{release.version} {deploy.state}. {deploy.failure}".strip())


def follow(app: App, number: int, write: Callable[[str], object]) -> Deploy:
    """Write a deploy's log line by line as it comes; return the deploy when its log is whole."""
    follow_lines(deploys.get(app, number).journal, write)
    return deploys.get(app, number)


def follow_lines(record: Journal, write: Callable[[str], object]) -> None:
    """Write a log line by line as it comes, until it is whole."""
    seen, whole = 0, False
    while not whole:
        whole = journal.sealed(record.pk)  # before the lines: what was stored before the seal is read then
        while lines := journal.read(record, seen):
            for line in lines:
                write(line.text)
            seen = lines[-1].number
        if not whole:
            time.sleep(POLL_SECONDS)
