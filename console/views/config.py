"""An app's config vars: which there are, set one, remove one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.forms.config import ConfigVarForm
from console.views.frame import render_app
from runtimes.config import set_vars, unset_vars
from runtimes.models import App


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The names; values are never shown."""
    return _page(request, access.app(request, name), ConfigVarForm())


@require_POST
def put(request: HttpRequest, name: str) -> HttpResponse:
    """Set one var."""
    app = access.app(request, name, can="configure")
    form = ConfigVarForm(request.POST)
    if not form.is_valid():
        return _page(request, app, form, status=422)
    key = form.cleaned_data["key"]
    try:
        set_vars(app, {key: form.cleaned_data["value"]})
    except ValidationError as error:
        form.add_error("key", error)
        return _page(request, app, form, status=422)
    messages.success(request, _("%(key)s is set. The next deploy uses it.") % {"key": key})
    return redirect("config", app.name)


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Remove one var."""
    app = access.app(request, name, can="configure")
    key = request.POST.get("key", "")
    unset_vars(app, [key])
    messages.success(request, _("%(key)s is removed. The next deploy runs without it.") % {"key": key})
    return redirect("config", app.name)


def _page(request: HttpRequest, app: App, form: ConfigVarForm, status: int = 200) -> HttpResponse:
    return render_app(
        request,
        "config/index.html",
        app,
        "config",
        status=status,
        form=form,
        vars=app.config_vars.select_related("environment"),
    )
