"""Credentials of registries: named, of a team or for all, taken once and never shown again."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from runtimes.models import Credentials, Team


def save(credentials: Credentials, password: str = "") -> None:
    """Store new ones or changed ones; without a `password` theirs stays.

    Raises `ValidationError` by field if they cannot be: also where an app's image would lie at another registry then.
    """
    if password:
        credentials.password = password
    credentials.full_clean()
    if credentials.pk:
        _check_registry(credentials, password)
    credentials.save()


def _check_registry(credentials: Credentials, password: str) -> None:
    """Whoever may not read a password shall not have it sent to a registry of their own either."""
    before = Credentials.objects.get(pk=credentials.pk)
    if before.registry == credentials.registry:
        return
    if users := used_by(credentials):
        raise ValidationError(
            {
                "registry": _("%(names)s need them for %(registry)s.")
                % {"names": ", ".join(users), "registry": before.registry}
            }
        )
    if not password:
        raise ValidationError({"password": _("For another registry, give its password too.")})


def remove(credentials: Credentials) -> None:
    """Forget them; raise `ValidationError` while an app uses them."""
    if users := used_by(credentials):
        raise ValidationError(
            _("%(credentials)s are used by %(names)s. Give them others first.")
            % {"credentials": credentials, "names": ", ".join(users)}
        )
    credentials.delete()


def used_by(credentials: Credentials) -> list[str]:
    """The names of the apps whose images are fetched with them."""
    return sorted(app.name for app in credentials.apps.all())


def find(team: Team, name: str) -> Credentials:
    """Those of this name that the team may use, its own first; `ValidationError` if there are none."""
    found = Credentials.objects.usable_by(team).filter(name=name).order_by("-team")
    if not found:
        raise ValidationError(_("%(team)s has no credentials %(name)s.") % {"team": team, "name": name})
    return next((each for each in found if each.team_id), found[0])
