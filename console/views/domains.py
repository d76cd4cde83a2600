"""An environment's own domains: which there are and where they lead, add one, remove one, HTTPS alone."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.activity import record
from console.forms.domains import DomainForm
from console.views.frame import either, render_app
from runtimes import domains
from runtimes.models import App, Domain, Environment


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The addresses of the chosen environment."""
    return _page(request, access.app(request, name))


@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    """One more domain; what is wrong with it is said at its field."""
    environment = _configured(request, name)
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            domain = domains.add(environment, form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error)
        else:
            record(request, "domain-add", environment=environment, target=domain.name)
            messages.success(request, _("%(name)s is routed. Now point its DNS here.") % {"name": domain.readable})
            return _back(environment)
    return _page(request, environment.app, form, environment.name)


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Take a domain away; one that is gone is gone."""
    environment = _configured(request, name)
    if domain := _named(request, environment):
        domains.remove(domain)
        record(request, "domain-remove", environment=environment, target=domain.name)
        messages.success(request, _("%(name)s is removed.") % {"name": domain.readable})
    return _back(environment)


@require_POST
def look(request: HttpRequest, name: str) -> HttpResponse:
    """Find out anew where a domain leads."""
    environment = _configured(request, name)
    if domain := _named(request, environment):
        domains.look(domain)
        record(request, "domain-look", environment=environment, target=domain.name)
        messages.success(request, _("%(name)s is being looked up.") % {"name": domain.readable})
    return _back(environment)


@require_POST
def force(request: HttpRequest, name: str) -> HttpResponse:
    """HTTPS alone, or as visitors like."""
    environment = _configured(request, name)
    if (on := request.POST.get("on")) in {"yes", "no"}:
        domains.force_https(environment, on=on == "yes")
        record(request, "https-force" if on == "yes" else "https-allow", environment=environment)
    return _back(environment)


def _configured(request: HttpRequest, name: str) -> Environment:
    return access.environment(request, name, request.POST.get("environment") or "production", can="configure")


def _named(request: HttpRequest, environment: Environment) -> Domain | None:
    return environment.domains.filter(name=request.POST.get("domain", "")).first()


def _back(environment: Environment) -> HttpResponse:
    return redirect(f"{reverse('domains', args=[environment.app.name])}?environment={environment.name}")


def _page(request: HttpRequest, app: App, form: DomainForm | None = None, chosen: str = "") -> HttpResponse:
    facts: dict[str, Any] = {
        "form": form or DomainForm(),
        "tls": settings.TLS,
        "is_local": settings.APPS_DOMAIN == "localhost",
        "in_environment": chosen,
    }
    template = either(request, "domains/index.html", "domains/_list.html")
    return render_app(request, template, app, "domains", status=422 if form else 200, **facts)
