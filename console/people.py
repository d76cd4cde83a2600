"""Who may sign in, and what they are in which team."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from console.access import at_most
from runtimes import bell
from runtimes.models import Membership, Role, Team

PASSWORD_BYTES = 12


def topic(person: Any) -> str:
    """What the bell rings when something changed that can end what this person has open."""
    return f"user.{person.pk}"


def welcome(name: str) -> tuple[Any, str]:
    """Make somebody who can sign in; return them and their password, which is stored nowhere in plain text."""
    users = get_user_model()
    person = users(username=name)
    person.full_clean(exclude=["password"])
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    person.set_password(password)
    person.save()
    return person, password


def renew_password(person: Any) -> str:
    """Give somebody a new password and return it; all their sessions end."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    person.set_password(password)
    person.save(update_fields=["password"])
    bell.ring(topic(person))
    return password


def let_in(person: Any, *, may: bool, by: Any) -> None:
    """Let somebody sign in or not any more; `ValidationError` for oneself."""
    if person == by:
        raise ValidationError(_("You cannot shut yourself out."))
    person.is_active = may
    person.save(update_fields=["is_active"])
    bell.ring(topic(person))


def set_role(team: Team, person: Any, role: str, by: Any) -> None:
    """Make somebody a member with this role, or change their role; nobody grants more than they have."""
    check_role(team, role, by)
    Membership.objects.update_or_create(team=team, user=person, defaults={"role": role})
    bell.ring(topic(person))


def check_role(team: Team, role: str, by: Any) -> None:
    """Raise `ValidationError` for a role that there is not, or that is above their own."""
    if role not in Role.values or not at_most(by, team, role):
        raise ValidationError(_("You cannot give this role."))


def leave(team: Team, person: Any) -> None:
    """End a membership."""
    Membership.objects.filter(team=team, user=person).delete()
    bell.ring(topic(person))
