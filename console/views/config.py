"""An app's config vars: which there are, set some, remove one, look at one, release the change."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import access
from console.activity import record
from console.changes import differing
from console.dotenv import write
from console.downloads import attached
from console.forms.config import ConfigVarForm, PasteForm
from console.forms.destroy import DestroyForm
from console.views.frame import destroying, render_app
from runtimes.config import OVERRIDABLE, set_vars, unset_vars
from runtimes.models import App, ConfigVar, Environment, Release
from runtimes.release import change_config


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The names; values are masked."""
    return _page(request, access.app(request, name))


@sensitive_post_parameters()
@require_POST
def put(request: HttpRequest, name: str) -> HttpResponse:
    """Set one var."""
    app = access.app(request, name, can="configure")
    form = ConfigVarForm(request.POST, app=app)
    return _set(request, app, form) or _page(request, app, form=form)


@sensitive_post_parameters()
@require_POST
def paste(request: HttpRequest, name: str) -> HttpResponse:
    """Set many, from the contents of a `.env` file."""
    app = access.app(request, name, can="configure")
    form = PasteForm(request.POST, request.FILES, app=app)
    return _set(request, app, form) or _page(request, app, paste_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Remove one var, of all environments or of one, once its name is typed."""
    app = access.app(request, name, can="configure")
    environment = _named(request, app)
    var = get_object_or_404(app.config_vars, key=_sent(request).get("key", ""), environment=environment)
    form = DestroyForm(request.POST if request.method == "POST" else None, of=var)
    if form.carry_out(unset_vars, app, [var.key], environment):
        record(request, "config-remove", app=app, environment=environment, target=var.key)
        messages.success(request, _("%(key)s is removed. The next release runs without it.") % {"key": var})
        return redirect("config", app.name)
    meaning = _("It is set for %(where)s. Its value is gone then; the running release keeps it until the next one.")
    meaning %= {"where": environment.name if environment else _("all environments, and for builds")}
    context = destroying(form, _("Config vars"), reverse("config", args=[app.name]), meaning)
    context |= {
        "frame": "apps/base.html",
        "kept": {"key": var.key, "environment": environment.name if environment else ""},
    }
    return render_app(request, "shared/destroy.html", app, "config", status=422 if form.is_bound else 200, **context)


@require_POST
@never_cache
def reveal(request: HttpRequest, name: str) -> HttpResponse:
    """The page with the value of one var on it, this once; that somebody looked is written down."""
    app = access.app(request, name, can="reveal")
    where = request.POST.get("environment") or None
    var = get_object_or_404(app.config_vars, key=request.POST.get("key", ""), environment__name=where)
    access.require_reveal(request, app, var.environment)
    record(request, "config-reveal", app=app, environment=var.environment, target=var.key)
    return _page(request, app, revealed=var)


@require_POST
@never_cache
def export(request: HttpRequest, name: str) -> HttpResponse:
    """A `.env` file of what releases of an environment get, or of what is set for all."""
    app = access.app(request, name, can="reveal")
    environment = _named(request, app)
    access.require_reveal(request, app, environment)
    found = ConfigVar.objects
    values = found.for_release(environment) if environment else found.for_build(app)
    record(request, "config-export", app=app, environment=environment)
    return attached(f"{app.name}-{environment.name if environment else 'all'}.env", write(values))


@require_POST
def release(request: HttpRequest, name: str) -> HttpResponse:
    """Release what runs now with the config as it is set now."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="configure")
    access.require_release(request, environment)
    return _release(request, environment.app, [environment])


def _sent(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _named(request: HttpRequest, app: App) -> Environment | None:
    """The environment that was named; None where none was: that means all of them."""
    name = _sent(request).get("environment", "")
    return get_object_or_404(app.environments, name=name) if name else None


def _stale(app: App, rows: list[ConfigVar]) -> list[tuple[Environment, list[str]]]:
    """The environments in which something serves with another config than is set now, and the names that differ."""
    lives = Release.objects.filter(environment__app=app, state="live").select_related("environment")
    stale = [(live.environment, differing(live.config, _as_set(rows, live.environment))) for live in lives]
    return [(environment, keys) for environment, keys in stale if keys]


def _as_set(rows: list[ConfigVar], environment: Environment) -> dict[str, str]:
    """What a release of the environment would get now."""
    for_all = {var.key: var.value for var in rows if var.environment_id is None}
    return for_all | {var.key: var.value for var in rows if var.environment_id == environment.pk}


@sensitive_variables("form")
def _set(request: HttpRequest, app: App, form: ConfigVarForm | PasteForm) -> HttpResponse | None:
    """Set what was filled in; None if it cannot be, and the form says why."""
    if not form.is_valid():
        return None
    environment = form.cleaned_data["environment"]
    try:
        set_vars(app, form.values, environment)
    except ValidationError as error:
        form.add_error(None, error)
        return None
    record(request, "config-set", app=app, environment=environment, target=", ".join(sorted(form.values)))
    count = len(form.values)
    messages.success(request, ngettext("%(n)d config var is set.", "%(n)d config vars are set.", count) % {"n": count})
    if form.cleaned_data["release"]:
        return _release(request, app, [environment] if environment else list(app.environments.all()))
    return redirect("config", app.name)


def _release(request: HttpRequest, app: App, environments: list[Environment]) -> HttpResponse:
    """Release the config where something runs; go to the last such deploy's page."""
    made = None
    for environment in [each for each in environments if each.live]:
        environment.app = app
        if not access.may_release(request.user, environment):
            messages.error(request, access.protected(environment))
            continue
        try:
            made = change_config(environment, request.user)
            record(request, "config-release", environment=environment, target=made.version)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("deploy", app.name, made.journal.number) if made else redirect("config", app.name)


def _with_notes(rows: Iterable[ConfigVar], open_to: set[int | None]) -> list[tuple[ConfigVar, str, bool]]:
    """Each var with what it takes the place of, if anything, and whether its value may be seen."""
    for_all = {var.key for var in rows if var.environment is None}
    return [(var, _in_place_of(var, for_all), var.environment_id in open_to) for var in rows]


def _in_place_of(var: ConfigVar, for_all: set[str]) -> str:
    if var.environment and var.key in for_all:
        return _("instead of the one for all")
    if var.key in OVERRIDABLE or (var.environment is None and var.key in settings.BUILD_ENVIRONMENT):
        return _("instead of the platform's")
    return ""


def _page(request: HttpRequest, app: App, **forms: Any) -> HttpResponse:
    prefetch_related_objects([app], "environments")
    rows = list(app.config_vars.select_related("environment"))
    scopes = [None, *app.environments.all()]
    shown = [each for each in scopes if access.may_reveal(request.user, app, each)]
    context: dict[str, Any] = {
        "form": ConfigVarForm(app=app),
        "paste_form": PasteForm(app=app),
        "vars": _with_notes(rows, {each.pk if each else None for each in shown}),
        "exports": shown,
        "stale": _stale(app, rows),
    }
    status = 422 if {"form", "paste_form"} & forms.keys() else 200
    return render_app(request, "config/index.html", app, "config", status=status, **context | forms)
