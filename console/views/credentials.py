"""Credentials of registries: those that somebody may keep, new ones, changed ones, and their end."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builds.credentials import remove as remove_credentials
from builds.credentials import used_by
from console import access
from console.activity import record
from console.forms.credentials import CredentialsForm
from console.forms.destroy import DestroyForm
from console.views.frame import destroying
from runtimes.models import Credentials, Team


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Those of the teams whose credentials somebody keeps; those for all teams too for the platform's admin."""
    return _page(request, _form(request))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """New ones."""
    form = _form(request, request.POST)
    if not form.is_valid() or not form.carry_out():
        return _page(request, form, status=422)
    _record(request, "credentials-add", form.instance)
    messages.success(request, _("%(name)s is there. Choose it as an app's credentials.") % {"name": form.instance})
    return redirect("credentials")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Others in their place, for the apps that use them."""
    found = access.credentials(request, pk)
    form = _form(request, request.POST if request.method == "POST" else None, found)
    if form.is_bound and form.is_valid() and form.carry_out():
        _record(request, "credentials-change", form.instance)
        messages.success(request, _("%(name)s is changed. The next deploy uses it.") % {"name": form.instance})
        return redirect("credentials")
    context = {"form": form, "found": Credentials.objects.get(pk=pk), "users": used_by(found)}
    return render(request, "credentials/change.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget them, unless an app needs them, once their name is typed."""
    found = access.credentials(request, pk)
    form = DestroyForm(request.POST if request.method == "POST" else None, of=found)
    if form.carry_out(remove_credentials, found):
        _record(request, "credentials-remove", found)
        messages.success(request, _("%(name)s is removed.") % {"name": found})
        return redirect("credentials")
    meaning = _("The password of %(user)s at %(registry)s is forgotten here, and nowhere else.")
    meaning %= {"user": found.username, "registry": found.registry}
    context = destroying(form, _("Registry credentials"), reverse("credentials"), meaning)
    return render(request, "shared/destroy.html", context, status=422 if form.is_bound else 200)


def _form(request: HttpRequest, data: object = None, found: Credentials | None = None) -> CredentialsForm:
    return CredentialsForm(data, instance=found, teams=_teams(request), for_all=request.user.is_superuser)


def _teams(request: HttpRequest) -> "QuerySet[Team]":
    teams: QuerySet[Team] = access.teams(request.user, "keep credentials")
    return teams.order_by("name")


def _page(request: HttpRequest, form: CredentialsForm, status: int = 200) -> HttpResponse:
    kept = Credentials.objects.filter(team__in=_teams(request))
    if request.user.is_superuser:
        kept |= Credentials.objects.filter(team=None)
    listed = kept.select_related("team").prefetch_related("apps").defer("password").order_by("name", "pk")
    rows = [(each, used_by(each)) for each in listed]
    context = {"rows": rows, "form": form, "may_add": request.user.is_superuser or _teams(request).exists()}
    return render(request, "credentials/index.html", context, status=status)


def _record(request: HttpRequest, action: str, found: Credentials) -> None:
    record(request, action, team=found.team, target=found.name, registry=found.registry, user=found.username)
