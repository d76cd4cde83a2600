"""Teams: which there are, who is in them, as what."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access, invitations, people
from console.activity import record
from console.forms.people import MemberForm, TeamForm
from runtimes.models import Role, Team


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The teams somebody is in; all of them for the platform's admin."""
    return _list(request, TeamForm())


@require_POST
def found(request: HttpRequest) -> HttpResponse:
    """Make a team."""
    access.platform(request)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    team = form.save()
    record(request, "team-create", team=team)
    return redirect("team", team.pk)


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The members of a team."""
    return team_page(request, access.team(request, pk))


@require_POST
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Add somebody, or change what they are."""
    team = access.team(request, pk, can="manage members")
    form = MemberForm(request.POST)
    if not form.is_valid():
        return team_page(request, team, form, status=422)
    try:
        people.set_role(team, form.cleaned_data["name"], form.cleaned_data["role"], request.user)
    except ValidationError as error:
        form.add_error("role", error)
        return team_page(request, team, form, status=422)
    record(request, "member-set", team=team, target=str(form.cleaned_data["name"]), role=form.cleaned_data["role"])
    return redirect("team", team.pk)


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's membership."""
    team = access.team(request, pk, can="manage members")
    if person := team.members.filter(username=request.POST.get("name", "")).first():
        people.leave(team, person)
        record(request, "member-remove", team=team, target=str(person))
        messages.success(request, _("%(name)s is not in %(team)s any more.") % {"name": person, "team": team})
    return redirect("teams") if person == request.user else redirect("team", team.pk)


def _list(request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
    teams = access.teams(request.user, "see").order_by("name").prefetch_related("memberships__user")
    teams = teams.annotate(apps_count=Count("apps", distinct=True))
    return render(request, "teams/index.html", {"teams": teams, "form": form}, status=status)


def team_page(
    request: HttpRequest, team: Team, form: MemberForm | None = None, status: int = 200, **told: Any
) -> HttpResponse:
    """The page of a team; `told` is an invitation just made, with its token."""
    context = told | {
        "team": team,
        "memberships": team.memberships.select_related("user").order_by("user__username"),
        "roles": Role.choices,
        "rights": access.rights(request.user, team),
        "table": access.in_words(),
        "form": form or MemberForm(),
        "invitations": invitations.still_open(team),
    }
    return render(request, "teams/show.html", context, status=status)
