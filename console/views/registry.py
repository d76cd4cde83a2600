"""The registry of buildpacks: which there are, their order, and one of them with all that is set about it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from buildpacks.models import Buildpack
from builds import register as registering
from console import access
from console.activity import record
from console.forms.buildpacks import BuildpackForm, EnvironmentForm
from console.forms.destroy import DestroyForm
from console.views.buildpacks import changed
from console.views.frame import either


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The buildpacks there are, in the order in which detection tries them."""
    access.platform(request)
    return _page(request, either(request, "admin/registry.html", "admin/_registry.html"))


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Add a buildpack; it is fetched, checked and kept."""
    access.platform(request)
    form = BuildpackForm(request.POST, request.FILES)
    if not form.is_valid() or not form.carry_out():
        return _page(request, "admin/registry.html", form=form)
    name = form.cleaned_data["name"]
    record(request, "buildpack-add", target=name)
    if Buildpack.objects.filter(name=name, problem="").exists():  # else the list says what is wrong
        messages.success(request, _("%(name)s is being fetched.") % {"name": name})
    return redirect("registry")


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Take the order that was sent, with one moved `up` or `down`."""
    access.platform(request)
    deed, _space, name = request.POST.get("do", "").partition(" ")
    names = changed(request.POST.getlist("names"), deed if deed in {"up", "down"} else "", name)
    try:
        registering.reorder(names, seen=request.POST.get("seen", ""))
        record(request, "registry-order", target=", ".join(names))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.headers.get("HX-Request"):
        return _page(request, "admin/_registry.html", told=True)
    return redirect("registry")


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One buildpack."""
    access.platform(request)
    buildpack = get_object_or_404(Buildpack, pk=pk)
    return _one(request, buildpack)


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Enable, disable, fetch again or remove one."""
    access.platform(request)
    buildpack = get_object_or_404(Buildpack, pk=pk)
    deed = request.POST.get("do", "")
    try:
        if deed in {"enable", "disable"}:
            registering.enable(buildpack, on=deed == "enable")
            record(request, f"buildpack-{deed}", target=buildpack.name)
        elif deed == "again":
            registering.fetch_again(buildpack)
            record(request, "buildpack-fetch", target=buildpack.name)
        elif deed == "remove":
            return _remove(request, buildpack)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("registered", pk)


@require_POST
def environment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what its scripts find in their environment."""
    access.platform(request)
    buildpack = get_object_or_404(Buildpack, pk=pk)
    form = EnvironmentForm(request.POST, buildpack=buildpack)
    if not form.is_valid() or not form.carry_out():
        return _one(request, buildpack, form=form)
    record(request, "buildpack-variables", target=buildpack.name, names=sorted(form.cleaned_data["lines"]))
    messages.success(request, _("Saved. Builds find it from the next one on."))
    return redirect("registered", pk)


def _remove(request: HttpRequest, buildpack: Buildpack) -> HttpResponse:
    form = DestroyForm(request.POST, of=buildpack.name)
    if not form.carry_out(registering.unregister, buildpack):
        return _one(request, buildpack, destroy_form=form)
    record(request, "buildpack-remove", target=buildpack.name)
    messages.success(request, _("%(name)s is removed.") % {"name": buildpack.name})
    return redirect("registry")


def _page(
    request: HttpRequest, template: str, form: BuildpackForm | None = None, *, told: bool = False
) -> HttpResponse:
    context = {
        "rows": [(each, registering.used_by(each)) for each in Buildpack.objects.all()],
        "seen": registering.fingerprint(),
        "form": form or BuildpackForm(),
        "told": told,
    }
    return render(request, template, context, status=422 if form else 200)


def _one(request: HttpRequest, buildpack: Buildpack, **forms: EnvironmentForm | DestroyForm) -> HttpResponse:
    context = {
        "buildpack": buildpack,
        "users": registering.used_by(buildpack),
        "form": EnvironmentForm(buildpack=buildpack),
        "destroy_form": DestroyForm(of=buildpack.name),
    }
    return render(request, "admin/buildpack.html", context | forms, status=422 if forms else 200)
