"""Invitations: made and revoked on a team's page, taken up by whoever has the link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from console import access, attempts, invitations
from console.activity import record
from console.forms.people import JoinForm
from console.models import Invitation
from console.views.teams import team_page


@require_POST
@never_cache
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new invitation; the answer shows its link, this once."""
    team = access.team(request, pk, can="manage members")
    try:
        invitation, token = invitations.invite(team, request.POST.get("role", ""), request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("team", pk)
    record(request, "invitation-create", team=team, role=invitation.role)
    return team_page(request, team, invitation=invitation, token=token)


@require_POST
def revoke(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    """Close one that nobody has taken up."""
    team = access.team(request, pk, can="manage members")
    found = Invitation.objects.filter(team=team, pk=invitation).first()
    if found is None:
        raise Http404(_("There is no such invitation."))
    if invitations.revoke(found):
        record(request, "invitation-revoke", team=team, role=found.role)
        messages.success(request, _("The invitation is revoked. Its link leads nowhere now."))
    return redirect("team", pk)


@login_not_required
@never_cache
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """What one is invited to, and how to say yes."""
    return _page(request, _found(request, token), JoinForm())


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Yes: as who is signed in, else with a new account."""
    invitation = _found(request, token)
    form = JoinForm(request.POST)
    newcomer = not request.user.is_authenticated
    if newcomer and not form.is_valid():
        return _page(request, invitation, form, status=422)
    try:
        with transaction.atomic():  # no account without a place
            person: Any = form.save() if newcomer else request.user
            invitations.accept(invitation, person)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("apps")
    if newcomer:
        login(request, person)
    record(request, "invitation-accept", team=invitation.team, role=invitation.role)
    messages.success(request, _("Welcome to %(team)s.") % {"team": invitation.team})
    return redirect("team", invitation.team_id)


def _found(request: HttpRequest, token: str) -> Invitation:
    """The open invitation with this token; who guesses is soon told nothing any more."""
    if not attempts.too_many(request):
        if found := invitations.find(token):
            return found
        attempts.failed(request)
    raise Http404(_("This invitation is used up, revoked or too old. Ask for another one."))


def _page(request: HttpRequest, invitation: Invitation, form: JoinForm, status: int = 200) -> HttpResponse:
    return render(request, "account/invitation.html", {"invitation": invitation, "form": form}, status=status)
