"""An app's buildpacks: which, and in which order they build."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from buildpacks.models import Buildpack
from buildpacks.registry import usable
from builds import arrange as arranging
from builds import cache
from builds.build import listed
from builds.models import Detection
from builds.preview import start_preview
from console import access
from console.activity import record
from console.views.frame import either, render_app
from runtimes.models import App
from runtimes.orders import AWAY, NOT_BEGUN, ask


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The list is the page."""
    return _page(request, access.app(request, name), either(request, "buildpacks/index.html", "buildpacks/_list.html"))


@require_POST
def arrange(request: HttpRequest, name: str) -> HttpResponse:
    """Take the order that was sent, with one deed done to it: `up`, `down`, `remove` or `add` a name."""
    app = access.app(request, name, can="order buildpacks")
    names = changed(request.POST.getlist("names"), *request.POST.get("do", "").partition(" ")[::2])
    try:
        arranging.arrange(app, names, seen=request.POST.get("seen", ""))
        record(request, "buildpacks-order", app=app, target=", ".join(names))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.headers.get("HX-Request"):
        return _page(request, app, "buildpacks/_list.html", told=True)
    return redirect("buildpacks", name)


@require_POST
def forget(request: HttpRequest, name: str) -> HttpResponse:
    """Forget what buildpacks remember of the app; the next build begins cold."""
    app = access.app(request, name, can="order buildpacks")
    if ask("builds.tasks.clear_cache", app.pk):
        record(request, "cache-clear", app=app)
        messages.success(request, _("The cache is being cleared. The next build begins cold and takes longer."))
    else:
        messages.error(request, f"{AWAY} {NOT_BEGUN}")
    return redirect("buildpacks", name)


@require_GET
def detection(request: HttpRequest, name: str) -> HttpResponse:
    """How far the preview of detection has come."""
    return _detection(request, access.app(request, name))


@require_POST
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """Ask all buildpacks whether they recognise the source, without a build."""
    app = access.app(request, name, can="deploy")
    start_preview(app)
    record(request, "detection-preview", app=app)
    return _detection(request, app) if request.headers.get("HX-Request") else redirect("buildpacks", name)


def changed(names: Sequence[str], deed: str, name: str) -> list[str]:
    """The order after a deed; what makes no sense changes nothing."""
    row = list(names)
    if deed == "add":
        return [*row, name]
    if name not in row:
        return row
    place = row.index(name)
    row.remove(name)
    if deed != "remove":
        row.insert(max(0, place + {"up": -1, "down": 1}.get(deed, 0)), name)
    return row


def _page(request: HttpRequest, app: App, template: str, *, told: bool = False) -> HttpResponse:
    chosen = listed(app)
    last = app.builds.filter(state="succeeded").first()
    others = Buildpack.objects.filter(enabled=True).exclude(pk__in=[each.pk for each in chosen])
    detected = usable() if not chosen else []
    applied = [each.get("name") for each in last.buildpacks] if last else []
    may = "order buildpacks" in access.rights(request.user, app.team)
    context: dict[str, Any] = {
        "chosen": chosen,
        "detected": detected,
        "pinnable": applied if may and {*applied} <= {each.name for each in detected} else [],
        "others": [each for each in others if each.is_ready],
        "seen": arranging.fingerprint_of(chosen),
        "applied": applied,
        "cache_bytes": cache.size(app),
        "sentence": _sentence([each.name for each in chosen]),
        "told": told,
        "detection": _latest(app),
    }
    return render_app(request, template, app, "buildpacks", **context)


def _detection(request: HttpRequest, app: App) -> HttpResponse:
    context = {"app": app, "rights": access.rights(request.user, app.team), "detection": _latest(app)}
    return render(request, "buildpacks/_detection.html", context)


def _latest(app: App) -> Detection | None:
    return Detection.objects.filter(app=app).first()


def _sentence(names: Sequence[str]) -> str:
    """What the order means, in words."""
    if len(names) < 2:
        return ""
    *before, last = names
    return _("%(first)s builds first, and %(last)s builds last: it decides which processes run by default.") % {
        "first": _(", then ").join(before),
        "last": last,
    }
