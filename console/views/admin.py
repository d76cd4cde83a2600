"""The platform's admin: who may sign in, and which buildpacks there are."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from buildpacks.models import Buildpack
from builds.register import unregister, used_by
from console import access, people
from console.forms.buildpacks import BuildpackForm
from console.forms.people import PersonForm


@require_GET
def persons(request: HttpRequest) -> HttpResponse:
    """Everybody who can or could sign in."""
    access.platform(request)
    return _persons(request, PersonForm())


@require_POST
def welcome(request: HttpRequest) -> HttpResponse:
    """Somebody new; the answer shows their password, this once."""
    access.platform(request)
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _persons(request, form, status=422)
    try:
        person, password = people.welcome(form.cleaned_data["name"])
    except ValidationError as error:
        form.add_error("name", [sentence for sentences in error.message_dict.values() for sentence in sentences])
        return _persons(request, form, status=422)
    return _persons(request, PersonForm(), told=(person, password))


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a new password, or let them in or not any more."""
    access.platform(request)
    person = get_object_or_404(get_user_model(), pk=pk)
    deed = request.POST.get("do", "")
    if deed == "password":
        return _persons(request, PersonForm(), told=(person, people.renew_password(person)))
    if deed in {"in", "out"}:
        try:
            people.let_in(person, may=deed == "in", by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("persons")


@require_GET
def registry(request: HttpRequest) -> HttpResponse:
    """The buildpacks there are."""
    access.platform(request)
    return _registry(request, BuildpackForm())


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Add a buildpack; it is fetched, checked and kept."""
    access.platform(request)
    form = BuildpackForm(request.POST, request.FILES)
    if not form.is_valid() or not form.carry_out():
        return _registry(request, form, status=422)
    messages.success(request, _("%(name)s is being fetched.") % {"name": form.cleaned_data["name"]})
    return redirect("registry")


@require_POST
def arrange(request: HttpRequest, pk: int) -> HttpResponse:
    """Enable, disable or remove one."""
    access.platform(request)
    buildpack = get_object_or_404(Buildpack, pk=pk)
    deed = request.POST.get("do", "")
    try:
        if deed in {"enable", "disable"}:
            Buildpack.objects.filter(pk=pk).update(enabled=deed == "enable")
        elif deed == "remove":
            unregister(buildpack)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("registry")


def _persons(request: HttpRequest, form: PersonForm, status: int = 200, **context: Any) -> HttpResponse:
    everybody = get_user_model().objects.order_by("username").prefetch_related("memberships__team")
    return render(request, "admin/persons.html", context | {"persons": everybody, "form": form}, status=status)


def _registry(request: HttpRequest, form: BuildpackForm, status: int = 200) -> HttpResponse:
    rows = [(buildpack, used_by(buildpack)) for buildpack in Buildpack.objects.all()]
    return render(request, "admin/registry.html", {"rows": rows, "form": form}, status=status)
