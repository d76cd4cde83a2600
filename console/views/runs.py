"""Commands that people run by hand: the list with the field for a new one, and the page of each."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.activity import record
from console.views.frame import either, render_app
from console.views.logs import log_of
from runtimes import journal as journals
from runtimes import oneoff
from runtimes.models import Environment, OneOff

LATEST = 50
TAIL = 100


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """What was run in an environment, newest first, and a field for the next command."""
    environment = access.environment(request, name, request.GET.get("environment") or "production")
    return _list(request, environment, either(request, "runs/index.html", "runs/_list.html"))


@require_POST
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Run a command, and go to its page at once."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="run")
    command = request.POST.get("command", "")
    try:
        one = oneoff.run(environment, command, request.user)
    except ValidationError as error:
        wrong: dict[str, Any] = {"wrong": " ".join(error.messages), "command": command}
        return _list(request, environment, "runs/index.html", status=422, **wrong)
    record(request, "run", environment=environment, target=one.name, command=one.command)
    return redirect("run", name, one.number)


@require_GET
def show(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One command with its log; htmx gets the part that changes while it runs."""
    one = access.one_off(request, name, number)
    last = journals.count(one.journal)
    context: dict[str, Any] = {
        "one": one,
        "last": last,
        "tail": journals.read(one.journal, max(0, last - TAIL)),
        "log": log_of(one.journal, "run", one.number),
        "in_environment": one.journal.environment.name,
    }
    template = either(request, "runs/show.html", "runs/_header.html")
    return render_app(request, template, one.journal.app, "processes", **context)


@require_POST
def cancel(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for the end of a command."""
    one = access.one_off(request, name, number, can="run")
    if oneoff.cancel(one, request.user):
        record(request, "run-cancel", environment=one.journal.environment, target=one.name)
    else:
        messages.warning(request, _("It is too late to cancel: the command has ended."))
    return redirect("run", name, number)


def _list(
    request: HttpRequest, environment: Environment, template: str, status: int = 200, **more: Any
) -> HttpResponse:
    runs = OneOff.objects.whole().filter(journal__environment=environment)[:LATEST]
    context: dict[str, Any] = {"runs": runs, "minutes": settings.RUN_TIMEOUT // 60, **more}
    context["in_environment"] = environment.name
    return render_app(request, template, environment.app, "processes", status=status, **context)
