"""Who may do what: one table, and the one door to what belongs to a team.

Views, consumers, templates and the tests all read `TABLE`. What somebody may not know of does not
exist for them (404); what they may see but not do is refused (403).
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from builds import deploys
from runtimes.models import App, Credentials, Environment, Journal, Membership, OneOff, Role, Shell, Team

_SENIORITY = (Role.VIEWER, Role.MEMBER, Role.OPERATOR, Role.ADMIN)


def _from(lowest: Role) -> frozenset[str]:
    """This role and those above it."""
    return frozenset(_SENIORITY[_SENIORITY.index(lowest) :])


# Action → the roles of the app's team that may do it. The platform's admin may do everything.
# Who may run a command may reveal: a command can print what it is told, in letters that nobody redacts.
TABLE: Mapping[str, frozenset[str]] = {
    "see": _from(Role.VIEWER),
    "deploy": _from(Role.MEMBER),
    "cancel own": _from(Role.MEMBER),
    "cancel": _from(Role.OPERATOR),
    "operate": _from(Role.OPERATOR),
    "run": _from(Role.OPERATOR),
    "roll back": _from(Role.OPERATOR),
    "promote": _from(Role.OPERATOR),
    "create": _from(Role.OPERATOR),
    "configure": _from(Role.ADMIN),
    "reveal": _from(Role.OPERATOR),
    "shell": _from(Role.ADMIN),
    "order buildpacks": _from(Role.ADMIN),
    "change source": _from(Role.ADMIN),
    "destroy": _from(Role.ADMIN),
    "protect environments": _from(Role.ADMIN),
    "manage members": _from(Role.ADMIN),
    "keep credentials": _from(Role.ADMIN),
    "administer": frozenset(),
}


# What changes what serves in an environment, or may, or shows its config. A protected one asks for a higher role for
# these.
RELEASING = frozenset({"deploy", "roll back", "promote", "run", "shell", "reveal"})


def rights(user: Any, team: Team) -> frozenset[str]:
    """The actions this user may do on what belongs to the team; empty for strangers."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(TABLE)
    role = _role_in(user, team)
    return _of(role) if role else frozenset()


def rights_in(user: Any, environment: Environment) -> frozenset[str]:
    """The actions this user may do in one environment; a protected one takes some away."""
    its_rights = rights(user, environment.app.team)
    return its_rights if may_release(user, environment) else its_rights - RELEASING


def may_release(user: Any, environment: Environment) -> bool:
    """Whether this user's role is high enough for what a protected environment serves."""
    return not environment.protection or at_most(user, environment.app.team, environment.protection)


def may_reveal(user: Any, of: App, environment: Environment | None) -> bool:
    """Whether this user may see the config vars of an environment, or those for all: one where they may is enough."""
    places = [environment] if environment else of.environments.all()
    return any("reveal" in rights_in(user, each) for each in places)


def find_app(user: Any, name: str) -> App | None:
    """The app of that name if this user may know of it. Consumers enter here."""
    mine = Membership.objects.filter(user=user.pk, team=OuterRef("team")).values("role")[:1]
    apps = App.objects.visible_to(user).filter(destroyed_at=None, name=name)
    if found := apps.select_related("team", "stack").annotate(role=Subquery(mine)).first():
        _known_roles(user)[found.team_id] = found.role  # type: ignore[attr-defined]
    return found


def known_teams(users: Collection[Any], teams: Collection[int]) -> set[tuple[int, int]]:
    """Which of these users may know of what belongs to which of these teams, by their keys; in one query.

    The same rule as `find_app`, for many sockets at once.
    """
    members = Membership.objects.filter(user__in=[each.pk for each in users], team__in=set(teams))
    everywhere = {(each.pk, team) for each in users if each.is_superuser for team in teams}
    return {*members.values_list("user", "team"), *everywhere}


def app(request: HttpRequest, name: str, can: str = "see") -> App:
    """The app of that name, for somebody who may do `can` to it; `Http404` or `PermissionDenied` else."""
    if (found := find_app(request.user, name)) is None:
        raise Http404(_("There is no app of that name."))
    require(request, found.team, can)
    return found


def environment(request: HttpRequest, app_name: str, name: str = "production", can: str = "see") -> Environment:
    """An environment of an app, by the same rules as `app`."""
    parent = app(request, app_name, can)
    if (found := parent.environments.filter(name=name).first()) is None:
        raise Http404(_("The app has no environment of that name."))
    found.app = parent
    if can in RELEASING:
        require_release(request, found)
    return found


def deploy(request: HttpRequest, app_name: str, number: int, can: str = "see") -> deploys.Deploy:
    """A deploy of an app by its number, by the same rules as `app`."""
    parent = app(request, app_name, can)
    try:
        found = deploys.get(parent, number)
    except Journal.DoesNotExist:
        raise Http404(_("The app has no deploy of that number.")) from None
    if can in RELEASING:
        require_release(request, found.environment)
    return found


def one_off(request: HttpRequest, app_name: str, number: int, can: str = "see") -> OneOff:
    """A command that was run for an app, by its number, by the same rules as `app`."""
    parent = app(request, app_name, can)
    if (found := find_one_off(parent, number)) is None:
        raise Http404(_("The app has no command of that number."))
    if can in RELEASING:
        require_release(request, found.journal.environment)
    return found


def find_one_off(of: App, number: int) -> OneOff | None:
    """A command that was run for an app, by its number."""
    return OneOff.objects.whole().filter(journal__app=of, number=number).first()


def find_shell(user: Any, name: str, pk: int) -> Shell | None:
    """A shell if this user opened it and may have it still."""
    if (parent := find_app(user, name)) is None:
        return None
    found = Shell.objects.filter(environment__app=parent, pk=pk, created_by=user).select_related(
        "environment__app__team"
    )
    return next((shell for shell in found if "shell" in rights_in(user, shell.environment)), None)


def shell(request: HttpRequest, app_name: str, pk: int) -> Shell:
    """A shell of an app, whoever opened it, by the same rules as `app`."""
    parent = app(request, app_name, "shell")
    if (found := Shell.objects.filter(environment__app=parent, pk=pk).first()) is None:
        raise Http404(_("The app has no shell of that number."))
    return found


def may_cancel(user: Any, its_rights: frozenset[str], found: deploys.Deploy) -> bool:
    """Whether they may cancel this deploy: their own, or anybody's."""
    return "cancel" in its_rights or ("cancel own" in its_rights and found.by == user)


def at_most(user: Any, team: Team, role: str) -> bool:
    """Whether a role is not above this user's own in the team."""
    if user.is_superuser:
        return True
    own = _role_in(user, team)
    return own is not None and _SENIORITY.index(Role(role)) <= _SENIORITY.index(Role(own))


# How the table reads to people; what is left out is nobody's business but the platform's admin's.
WORDS = {
    "see": gettext_lazy("See apps, releases and logs"),
    "deploy": gettext_lazy("Deploy and retry"),
    "cancel own": gettext_lazy("Cancel their own deploys"),
    "cancel": gettext_lazy("Cancel anybody's deploys"),
    "operate": gettext_lazy("Scale, restart and stop"),
    "run": gettext_lazy("Run commands"),
    "roll back": gettext_lazy("Roll back"),
    "promote": gettext_lazy("Promote to another environment"),
    "create": gettext_lazy("Create apps"),
    "configure": gettext_lazy("Change config vars, processes and domains"),
    "reveal": gettext_lazy("See and export the values of config vars"),
    "shell": gettext_lazy("Open a shell, where shells are switched on"),
    "order buildpacks": gettext_lazy("Choose and order buildpacks"),
    "change source": gettext_lazy("Change an app's source"),
    "destroy": gettext_lazy("Destroy apps"),
    "protect environments": gettext_lazy("Say who may release to an environment"),
    "manage members": gettext_lazy("Add and remove members"),
    "keep credentials": gettext_lazy("Keep the credentials of registries"),
}


def in_words() -> list[tuple[Any, list[bool]]]:
    """The table as people read it: the action, and for each role whether it may."""
    return [(word, [role in TABLE[action] for role in _SENIORITY]) for action, word in WORDS.items()]


def rights_by_team(user: Any) -> "dict[int, frozenset[str]]":
    """What this user may do in each of their teams, by the team's key; asked of the database once per request.

    A user is read anew for each request and each look of a socket, so what is kept with it is never old.
    """
    return {team: _of(role) for team, role in _roles_by_team(user).items()}


def _roles_by_team(user: Any) -> "dict[int, str]":
    if not hasattr(user, "roles_by_team"):
        user.roles_by_team = dict(Membership.objects.filter(user=user).values_list("team", "role"))
    kept: dict[int, str] = user.roles_by_team
    return kept


def _role_in(user: Any, team: Team) -> str | None:
    """The role in one team: mostly it came with the app that was looked for."""
    known = _known_roles(user)
    return known[team.pk] if team.pk in known else _roles_by_team(user).get(team.pk)


def _known_roles(user: Any) -> "dict[int, str | None]":
    if not hasattr(user, "known_roles"):
        user.known_roles = {}
    kept: dict[int, str | None] = user.known_roles
    return kept


@cache
def _of(role: str) -> frozenset[str]:
    """What a role may do."""
    return frozenset(action for action, roles in TABLE.items() if role in roles)


def teams(user: Any, can: str) -> Any:
    """The teams for which this user may do something, as a queryset."""
    if user.is_superuser:
        return Team.objects.all()
    return Team.objects.filter(memberships__user=user, memberships__role__in=TABLE[can])


def team(request: HttpRequest, pk: int, can: str = "see") -> Team:
    """A team, by the same rules as `app`."""
    if (found := teams(request.user, "see").filter(pk=pk).first()) is None:
        raise Http404(_("There is no such team."))
    require(request, found, can)
    return cast("Team", found)


def credentials(request: HttpRequest, pk: int) -> Credentials:
    """Credentials of a registry, for somebody who may keep them; those for all teams are the platform's admin's."""
    found = Credentials.objects.usable_by(*teams(request.user, "see")).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There are no such credentials."))
    if found.team is None:
        platform(request)
    else:
        require(request, found.team, "keep credentials")
    return found


def platform(request: HttpRequest) -> None:
    """Let only the platform's admin pass; for others there is nothing here."""
    if not request.user.is_superuser:
        raise Http404(_("There is nothing here."))


def require(request: HttpRequest, team: Team, can: str) -> None:
    """Raise `PermissionDenied` unless the user may do this on what belongs to the team."""
    if can not in rights(request.user, team):
        raise PermissionDenied(
            _("Your role in %(team)s does not allow this. Ask an admin of the team.") % {"team": team}
        )


def require_reveal(request: HttpRequest, of: App, environment: Environment | None) -> None:
    """Raise `PermissionDenied` unless the user may see the config vars of an environment, or those for all."""
    if not may_reveal(request.user, of, environment):
        raise PermissionDenied(protected(environment or of.production))


def require_release(request: HttpRequest, environment: Environment) -> None:
    """Raise `PermissionDenied` unless the user may change what serves in this environment."""
    if not may_release(request.user, environment):
        raise PermissionDenied(protected(environment))


def protected(environment: Environment) -> str:
    """Why somebody may not release there."""
    role = Role(environment.protection).label
    return _("%(name)s is protected: only somebody whose role is %(role)s or higher changes what serves there.") % {
        "name": environment.name,
        "role": role,
    }
