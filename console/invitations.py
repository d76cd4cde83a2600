"""Inviting people into a team: a link that works once, for a while, and never above the role of who made it."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console import people
from console.access import at_most, rights
from console.models import Invitation
from runtimes.models import Membership, Team

TOKEN_BYTES = 32
LASTS = timedelta(days=7)


def invite(team: Team, role: str, by: Any) -> tuple[Invitation, str]:
    """Open an invitation; return it and its token, of which only the digest is kept. Those that ended go by the way."""
    people.check_role(team, role, by)
    Invitation.objects.filter(expires_at__lte=timezone.now()).delete()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = Invitation.objects.create(
        team=team, role=role, digest=_digest(token), created_by=by, expires_at=timezone.now() + LASTS
    )
    return made, token


def still_open(team: Team) -> list[Invitation]:
    """The team's invitations that nobody has taken up yet."""
    return list(Invitation.objects.filter(team=team, expires_at__gt=timezone.now()).select_related("created_by"))


def find(token: str) -> Invitation | None:
    """The open invitation with this token, as long as who made it may still give that role."""
    found = Invitation.objects.filter(digest=_digest(token), expires_at__gt=timezone.now())
    invitation = found.select_related("team", "created_by").first()
    if invitation is None:
        return None
    by, team = invitation.created_by, invitation.team
    may = "manage members" in rights(by, team) and at_most(by, team, invitation.role)
    return invitation if may else None


@transaction.atomic
def accept(invitation: Invitation, person: Any) -> None:
    """Take it up; raise `ValidationError` if somebody else just has. A higher role that they have already stays."""
    if not revoke(invitation):
        raise ValidationError(_("This invitation is used up. Ask for another one."))
    here = Membership.objects.filter(team=invitation.team, user=person).first()
    if here is None or not at_most(person, invitation.team, invitation.role):
        people.set_role(invitation.team, person, invitation.role, invitation.created_by)


def revoke(invitation: Invitation) -> bool:
    """Close it; say whether it was still open. Of two who close it, exactly one hears yes."""
    return bool(Invitation.objects.filter(pk=invitation.pk).delete()[0])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
