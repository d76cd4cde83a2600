"""An app's list of buildpacks: its order is the order in which they build."""

import hashlib
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from buildpacks.models import Buildpack
from builds.build import listed
from builds.models import AppBuildpack
from runtimes import bell
from runtimes.models import App


class ListChanged(ValidationError):
    """Somebody else has changed the list since it was shown."""


def fingerprint(app: App) -> str:
    """What tells one state of the list from another; a form sends back the one it was drawn with."""
    return fingerprint_of(listed(app))


def fingerprint_of(buildpacks: Iterable[Buildpack]) -> str:
    """The same of a list that has been read already."""
    names = " ".join(buildpack.name for buildpack in buildpacks)
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def arrange(app: App, names: Sequence[str], seen: str = "") -> None:
    """Make these the app's buildpacks, in this order; none: they are found by detection.

    `seen` is the `fingerprint` that whoever decided saw. Raises `ListChanged`, and
    `ValidationError` for a name that is unknown, disabled, not ready or there twice.
    """
    known = {buildpack.name: buildpack for buildpack in Buildpack.objects.all()}
    for name in names:
        _check(name, known, names)
    with transaction.atomic():
        App.objects.select_for_update().get(pk=app.pk)
        if seen and seen != fingerprint(app):
            raise ListChanged(_("Somebody has changed the list in the meantime. Reload the page and try again."))
        app.app_buildpacks.all().delete()
        AppBuildpack.objects.bulk_create(
            AppBuildpack(app=app, buildpack=known[name], position=position) for position, name in enumerate(names)
        )
    bell.ring(f"app.{app.pk}")


def _check(name: str, known: dict[str, Buildpack], names: Sequence[str]) -> None:
    if name not in known:
        raise ValidationError(
            _("There is no buildpack %(name)s. There are: %(names)s.")
            % {"name": name, "names": ", ".join(sorted(known))}
        )
    if not known[name].enabled:
        raise ValidationError(_("%(name)s is disabled: an administrator can enable it.") % {"name": name})
    if not known[name].is_ready:
        raise ValidationError(
            _("%(name)s cannot be used: %(why)s.")
            % {"name": name, "why": known[name].problem or _("it is still being fetched")}
        )
    if list(names).count(name) > 1:
        raise ValidationError(_("%(name)s is in the list twice. Each buildpack builds once.") % {"name": name})
