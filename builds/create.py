"""Making an app, and changing where it comes from."""

import re
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from builds import samples
from runtimes import addresses, bell
from runtimes.engine.references import parse
from runtimes.models import App, Credentials, Environment, Stack, Team
from runtimes.models.apps import RESERVED_NAMES
from runtimes.storage import store

# No user information but a user's name: credentials have a place of their own.
GIT_URL = re.compile(
    r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/[^\s@]+|(ssh://)?[A-Za-z0-9_.-]+@[A-Za-z0-9][A-Za-z0-9.-]*[:/][^\s@]+"
)
GIT_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
LONGEST_REF = 200

# What changes with an app's source without being named.
SET_ALONG = ("archive", "archive_name", "credentials", "git_host_keys")


def create_app(  # noqa: PLR0913 - an app has that many facts, each with a name
    *,
    team: Team,
    name: str,
    source: str,
    by: Any = None,
    git_url: str = "",
    git_ref: str = "",
    git_secret: str = "",
    directory: str = "",
    archive: "File[bytes] | None" = None,
    sample: str = "",
    image: str = "",
    image_pull: str = App.Pull.ALWAYS,
    credentials: Credentials | None = None,
    stack: Stack | None = None,
) -> App:
    """Make an app with its production environment.

    Raises `ValidationError` by field if it cannot be, and `PlatformFailed` if its archive cannot be stored.
    """
    app = App(team=team, name=name, source=source, created_by=by, stack=stack or Stack.objects.earliest("pk"))
    where = {"git_url": git_url, "git_ref": git_ref, "git_secret": git_secret, "directory": directory, "sample": sample}
    ready: dict[str, Any] = {"image": image, "image_pull": image_pull, "credentials": credentials}
    _set(app, archive, **where, **ready)
    with transaction.atomic():
        app.save()
        Environment.objects.create(app=app, name="production")
    if archive:  # in no transaction: others write while it is stored
        _keep_first(app, archive)
    bell.ring("apps")
    return app


def _keep_first(app: App, archive: "File[bytes]") -> None:
    """Store the archive of an app that was made for it; without it there is no such app."""
    try:
        app.archive = keep(app, archive)
        app.save(update_fields=["archive"])
    except BaseException:
        app.delete()
        raise


def keep(app: App, archive: "File[bytes]") -> str:
    """Store an archive that somebody uploaded for an app and return its key; raise `PlatformFailed` if that fails."""
    return store("sources", f"{app.pk}/upload-{uuid.uuid4().hex}", archive, _("The archive"))


def add_environment(app: App, name: str) -> Environment:
    """A further environment beside production, with nothing in it; raise `ValidationError` if it cannot be."""
    environment = Environment(app=app, name=name)
    environment.full_clean()
    environment.save()
    bell.ring(f"app.{app.pk}")
    return environment


def change_source(app: App, *, archive: "File[bytes] | None" = None, **where: Any) -> None:
    """Change fields of the app's source (`source`, `git_url`, `git_ref`, `git_secret`, `directory`, `sample`,
    `image`, `image_pull`, `credentials`).

    An empty `git_secret` keeps the one there is. The keys of an ssh host are forgotten: it is met anew. Raises
    `ValidationError` by field, and `PlatformFailed` if the archive cannot be stored; nothing has changed then.
    """
    if not where.get("git_secret"):
        where.pop("git_secret", None)
    _set(app, archive, **where)
    if archive:
        app.archive = keep(app, archive)
    app.git_host_keys = ""
    app.save(update_fields=[*where, *SET_ALONG])  # and nothing else: somebody may have destroyed the app meanwhile
    bell.ring(f"app.{app.pk}")


def _set(app: App, archive: "File[bytes] | None", **where: Any) -> None:
    for field, value in where.items():
        setattr(app, field, value)
    if app.source != App.Source.IMAGE:
        app.credentials = None
    if archive:
        app.archive_name = (archive.name or "")[:200]
    check(app, has_archive=bool(archive or app.archive))
    app.full_clean()


def check(app: App, has_archive: bool) -> None:
    """Raise `ValidationError` by field for what the single fields cannot know."""
    if app.name in RESERVED_NAMES:
        raise ValidationError({"name": _("The name %(name)s is reserved. Choose another.") % {"name": app.name}})
    if "--" in app.name:  # shop--staging.localhost is where staging of shop answers
        raise ValidationError({"name": _("Two hyphens in a row are kept for the addresses of environments.")})
    if app.source == App.Source.SAMPLE and app.sample not in samples.names():
        raise ValidationError(
            {
                "sample": _("There is no sample %(sample)s. There are: %(names)s.")
                % {"sample": app.sample, "names": ", ".join(samples.names())}
            }
        )
    if app.source == App.Source.ARCHIVE and not has_archive:
        raise ValidationError({"archive": _("Choose a .tar.gz, .tar.zst or .zip file.")})
    if app.source == App.Source.IMAGE:
        check_image(app.image, "image")
        check_credentials(app)
    if app.source == App.Source.GIT:
        check_git(app.git_url, app.git_ref)


def check_git(url: str, ref: str) -> None:
    """Raise `ValidationError` for a Git address or ref that would never work, or that is no such thing."""
    if not GIT_URL.fullmatch(url):
        raise ValidationError({"git_url": _("Use an address such as https://host/name.git or git@host:name.git.")})
    check_address(url, "git_url")
    check_ref(ref, "git_ref")


def check_address(url: str, field: str) -> None:
    """Raise `ValidationError` for `field` if nothing is fetched from where this leads."""
    try:
        addresses.check_url(url)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from None


def check_image(name: str, field: str) -> None:
    """Raise `ValidationError` for `field` unless this names an image of a registry that may be asked."""
    if not parse(name):
        raise ValidationError({field: _("Name an image as registry.example.com/team/shop:1.4, or by its digest.")})
    try:
        addresses.check_image(name)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from None


def check_credentials(app: App) -> None:
    """Raise `ValidationError` for credentials of another team, or of another registry than the image's."""
    credentials, name = app.credentials, parse(app.image)
    if credentials is None or name is None:
        return
    if credentials.team_id not in (None, app.team_id):
        raise ValidationError(
            {
                "credentials": _("%(team)s has no credentials %(credentials)s.")
                % {"team": app.team, "credentials": credentials}
            }
        )
    if credentials.registry != name.host:
        raise ValidationError(
            {
                "credentials": _("%(credentials)s is for %(registry)s, but this image is at %(host)s.")
                % {"credentials": credentials, "registry": credentials.registry, "host": name.host}
            }
        )


def check_ref(ref: str, field: str) -> None:
    """Raise `ValidationError` for `field` unless this can be a branch, tag or commit; empty is the default branch."""
    if ref and (not GIT_REF.fullmatch(ref) or ".." in ref or len(ref) > LONGEST_REF):
        raise ValidationError({field: _("Use the name of a branch or tag, or a full commit.")})
