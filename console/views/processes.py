"""What runs of each process type, and how many."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import access
from console.activity import record
from console.forms.processes import ProcessForm, ProcessTypeForm
from console.views.frame import either, render_app
from runtimes import process_types
from runtimes import restart as restarting
from runtimes import scale as scaling
from runtimes.models import App, Environment
from runtimes.orders import AWAY
from runtimes.tune import tune

# What a button asks for → its word in the activity, and the deed.
SWITCHES: Mapping[str, tuple[str, Callable[[Environment], object]]] = {
    "stop": ("stop", restarting.stop),
    "start": ("start", restarting.start),
    "maintain": ("maintenance-on", partial(restarting.set_maintenance, on=True)),
    "serve": ("maintenance-off", partial(restarting.set_maintenance, on=False)),
}


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """A card per process type."""
    app = access.app(request, name)
    return _page(request, app, ProcessTypeForm())


@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    """One more process type of a ready image."""
    environment = _configured(request, name)
    form = ProcessTypeForm(request.POST)
    if not form.is_valid() or not form.carry_out(environment):
        return _page(request, environment.app, form, status=422, in_environment=environment.name)
    added = form.cleaned_data["name"]
    record(request, "process-add", environment=environment, target=added)
    messages.success(request, _("%(process)s runs from the next deploy on.") % {"process": added})
    return _back(request, environment)


@require_POST
def remove(request: HttpRequest, name: str, process: str) -> HttpResponse:
    """End the instances of a process type of a ready image, and forget it."""
    environment = _configured(request, name)
    found = get_object_or_404(environment.processes, name=process)
    try:
        process_types.remove(found)
        record(request, "process-remove", environment=environment, target=process)
        messages.success(request, _("%(process)s is removed. Its instances end.") % {"process": process})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(request, environment)


@require_POST
def release_command(request: HttpRequest, name: str) -> HttpResponse:
    """Say what each release runs before its instances start."""
    environment = _configured(request, name)
    process_types.set_release_command(environment, request.POST.get("command", ""))
    record(request, "release-command", environment=environment, is_set=bool(environment.release_command))
    messages.success(request, _("The release command is saved. The next release runs it."))
    return _back(request, environment)


@require_POST
def scale(request: HttpRequest, name: str) -> HttpResponse:
    """Run as many instances of one process type."""
    environment = _operated(request, name)
    quantity = request.POST.get("quantity", "")
    try:
        if not quantity.isdecimal() or len(quantity) > 4:
            raise ValidationError(_("Choose a number of instances."))
        process = request.POST.get("process", "")
        scaling.scale(environment, {process: int(quantity)})
        record(request, "scale", environment=environment, target=f"{process}={int(quantity)}")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(request, environment)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, name: str, process: str) -> HttpResponse:
    """How the instances of one process type run, how they are asked whether they are well, and how they are ended."""
    chosen = request.POST.get("environment") or request.GET.get("environment") or "production"
    environment = access.environment(request, name, chosen, can="configure")
    found = get_object_or_404(environment.processes, name=process)
    form = ProcessForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        tune(found, form.changed_data)
        record(request, "process-change", environment=environment, target=process, changed=form.changed_data)
        messages.success(request, _("The settings of %(process)s are saved.") % {"process": process})
        if {"memory", "cpus"} & set(form.changed_data):
            messages.info(request, _("Restart its instances to give them other memory or CPUs."))
        if "command" in form.changed_data:
            messages.info(request, _("The next release runs the other command."))
        if "port" in form.changed_data:
            messages.info(request, _("The next release is asked at the other port."))
        return _back(request, environment)
    facts: dict[str, Any] = {"in_environment": environment.name, "form": form, "process": process}
    status = 422 if form.errors else 200
    return render_app(request, "processes/settings.html", environment.app, "processes", status=status, **facts)


@require_POST
def restart(request: HttpRequest, name: str) -> HttpResponse:
    """Restart one instance, those of a process type, or all; one after the other."""
    environment = _operated(request, name)
    what = request.POST.get("what", "")
    try:
        is_known = restarting.restart(environment, what)
        record(request, "restart", environment=environment, target=what)
        if is_known:
            messages.success(request, _("%(what)s restarts, one instance after the other.") % {"what": what or name})
        else:
            messages.warning(request, f"{AWAY} {restarting.LATER}")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(request, environment)


@require_POST
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """Stop everything, start it again, or let visitors see that the app is being worked on."""
    environment = _operated(request, name)
    if known := SWITCHES.get(request.POST.get("do", "")):
        action, deed = known
        deed(environment)
        record(request, action, environment=environment)
    return _back(request, environment)


def _page(request: HttpRequest, app: App, form: ProcessTypeForm, status: int = 200, **facts: Any) -> HttpResponse:
    template = either(request, "processes/index.html", "processes/_list.html")
    return render_app(request, template, app, "processes", status=status, form=form, **facts)


def _configured(request: HttpRequest, name: str) -> Environment:
    return access.environment(request, name, request.POST.get("environment") or "production", can="configure")


def _operated(request: HttpRequest, name: str) -> Environment:
    return access.environment(request, name, request.POST.get("environment") or "production", can="operate")


def _back(request: HttpRequest, environment: Environment) -> HttpResponse:
    if request.headers.get("HX-Request"):
        facts: dict[str, Any] = {"told": True, "in_environment": environment.name}
        return render_app(request, "processes/_list.html", environment.app, "processes", **facts)
    return redirect(f"{reverse('processes', args=[environment.app.name])}?environment={environment.name}")
