"""Shells in the browser: where one can be opened, the terminal, and who had one when."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.activity import record
from console.views.frame import either, render_app
from runtimes import shell as shelling
from runtimes.models import Shell

LATEST = 50


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The places in which a shell can be opened, and the shells there were."""
    environment = access.environment(request, name, request.GET.get("environment") or "production", can="shell")
    up = environment.instances.filter(state="up").order_by("process", "index").values_list("process", "index")
    context: dict[str, Any] = {
        "shells": Shell.objects.filter(environment=environment).select_related("created_by", "release")[:LATEST],
        "instances": list(dict.fromkeys(f"{process}.{index}" for process, index in up)),
        "instance": request.GET.get("instance", ""),
        "is_on": settings.SHELL,
        "minutes": _minutes(),
    }
    template = either(request, "shells/index.html", "shells/_list.html")
    return render_app(request, template, environment.app, "processes", **context)


@require_POST
def begin(request: HttpRequest, name: str) -> HttpResponse:
    """Have a shell opened, and go to its terminal at once."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="shell")
    try:
        shell = shelling.ask(environment, request.user, request.POST.get("instance", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('shells', args=[name])}?environment={environment.name}")
    record(request, "shell-open", environment=environment, target=shell.place, release=shell.release.version)
    return redirect("shell", name, shell.pk)


@require_GET
def show(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The terminal, for who opened it."""
    shell = access.shell(request, name, number)
    context: dict[str, Any] = {"shell": shell, "in_environment": shell.environment.name}
    context["minutes"] = _minutes()
    return render_app(request, "shells/show.html", shell.environment.app, "processes", **context)


def _minutes() -> int:
    """After how many minutes without a key a shell ends, as people say it."""
    return max(1, int(settings.SHELL_IDLE) // 60)
