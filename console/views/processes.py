"""What runs of each process type, and how many."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.views.frame import either, render_app
from runtimes import scale as scaling


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """A card per process type."""
    app = access.app(request, name)
    return render_app(request, either(request, "processes/index.html", "processes/_list.html"), app, "processes")


@require_POST
def scale(request: HttpRequest, name: str) -> HttpResponse:
    """Run as many instances of one process type."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="operate")
    quantity = request.POST.get("quantity", "")
    try:
        if not quantity.isdecimal() or len(quantity) > 4:
            raise ValidationError(_("Choose a number of instances."))
        scaling.scale(environment, {request.POST.get("process", ""): int(quantity)})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.headers.get("HX-Request"):
        return render_app(request, "processes/_list.html", environment.app, "processes", told=True)
    return redirect("processes", name)
