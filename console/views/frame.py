"""What all pages of an app share: its header, its tabs, its rights."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from console import access
from console.forms.destroy import DestroyForm
from console.rows import HEADER, row_of
from console.under_way import under_way
from runtimes.models import App


def app_context(request: HttpRequest, app: App, tab: str, chosen: str, of_live: Sequence[str]) -> dict[str, Any]:
    """What the header of an app's pages needs, for the chosen environment or that in the address."""
    environments = list(app.environments.all())
    name = chosen or request.GET.get("environment") or "production"
    environment = next((one for one in environments if one.name == name), environments[0])
    environment.app = app
    return {
        "app": app,
        "tab": tab,
        "environment": environment,
        "environments": environments,
        "row": row_of(environment, under_way(request), of_live),
        "rights": access.rights_in(request.user, environment),
        "protected": "" if access.may_release(request.user, environment) else access.protected(environment),
    }


def either(request: HttpRequest, page: str, fragment: str) -> str:
    """The template for who asks: htmx gets the fragment, everybody else the page around it."""
    return fragment if request.headers.get("HX-Request") else page


def number_of(request: HttpRequest, name: str, default: int) -> int:
    """A number in the address, or the default where none or nonsense stands."""
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else default


def destroying(form: DestroyForm, among: str, back: str, meaning: str) -> dict[str, Any]:
    """What `shared/destroy.html` needs: the question, what else there is and where, and what the end of this means."""
    word = _("Remove %(name)s") % {"name": form.of}
    return {"form": form, "among": among, "back": back, "meaning": meaning, "word": word}


def render_app(
    request: HttpRequest,
    template: str,
    app: App,
    tab: str,
    status: int = 200,
    of_live: Sequence[str] = HEADER,
    **context: Any,
) -> HttpResponse:
    """A page of an app, for the environment named `in_environment`, else that in the address.

    `of_live` are the columns that it reads of the release that serves.
    """
    frame = app_context(request, app, tab, context.pop("in_environment", ""), of_live)
    return render(request, template, frame | context, status=status)
