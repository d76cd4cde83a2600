"""An app's environments: a further one, and what serves in one promoted to another."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from builds.create import add_environment
from console import access
from console.activity import record
from console.changes import promotion
from console.views.frame import render_app
from runtimes import bell
from runtimes.models import App, Environment, Role
from runtimes.release import promote as promote_release


@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    """One more environment, with nothing in it yet."""
    app = access.app(request, name, can="change source")
    try:
        environment = add_environment(app, request.POST.get("name", "").strip())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("settings", name)
    record(request, "environment-add", environment=environment)
    messages.success(request, _("%(name)s is there. Deploy to it, or promote to it.") % {"name": environment.name})
    return redirect(f"{reverse('app', args=[name])}?environment={environment.name}")


@require_POST
def protect(request: HttpRequest, name: str) -> HttpResponse:
    """Say which role one needs at least to change what serves in an environment; none in particular if empty."""
    found = access.environment(request, name, request.POST.get("environment", ""), can="protect environments")
    role = request.POST.get("role", "")
    if role and role not in Role.values:
        messages.error(request, _("There is no such role."))
        return redirect("settings", name)
    Environment.objects.filter(pk=found.pk).update(protection=role)
    record(request, "environment-protect", environment=found, role=role or "any")
    bell.ring(f"app.{found.app_id}")
    messages.success(request, _("Saved. It holds from now on."))
    return redirect("settings", name)


@require_GET
def compare(request: HttpRequest, name: str) -> HttpResponse:
    """What a promotion would change, before anybody confirms it."""
    app = access.app(request, name, can="promote")
    source, target = _pair(app, request.GET.get("environment", ""), request.GET.get("to", ""))
    access.require_release(request, target)
    if (live := source.live) is None:
        raise Http404(_("Nothing serves there yet."))
    live.environment = source
    context: dict[str, Any] = {"source": source, "target": target, "change": promotion(live, target)}
    return render_app(request, "environments/promote.html", app, "overview", **context)


@require_POST
def promote(request: HttpRequest, name: str) -> HttpResponse:
    """Release what serves in one environment in another, without a build."""
    app = access.app(request, name, can="promote")
    source, target = _pair(app, request.POST.get("environment", ""), request.POST.get("to", ""))
    access.require_release(request, target)
    try:
        release = promote_release(source, target, request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("app", name)
    record(request, "promote", environment=target, target=release.version, origin=source.name)
    return redirect("deploy", name, release.journal.number)


def _pair(app: App, source: str, target: str) -> tuple[Environment, Environment]:
    known = {environment.name: environment for environment in app.environments.all()}
    if source not in known or target not in known:
        raise Http404(_("The app has no environment of that name."))
    for environment in known.values():
        environment.app = app
    return known[source], known[target]
