"""What an environment's instances print: the page, pages of lines, the whole as text."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from console import access
from console.ansi import plain
from console.downloads import text_file
from console.feeds import OutputSubject
from console.views.frame import number_of, render_app
from runtimes import output
from runtimes.models import Environment

PAGE = 2_000
TAIL = 200


@require_GET
def show(request: HttpRequest, name: str) -> HttpResponse:
    """The live log of the instances."""
    environment = _environment(request, name)
    instance = request.GET.get("instance", "")
    tail, _ = output.latest(environment, TAIL, instance)
    sources = environment.instances.order_by("process", "index").values_list("process", "index").distinct()
    context: dict[str, Any] = {
        "tail": [(_moment(line), line) for line in tail],
        "processes": sorted({process for process, _ in sources}),
        "sources": [f"{process}.{index}" for process, index in sources],
        "instance": instance,
    }
    return render_app(request, "output/show.html", environment.app, "output", **context)


@require_GET
@never_cache
def lines(request: HttpRequest, name: str) -> HttpResponse:
    """Lines after number `since`, as `[milliseconds, 0, text, instance, release, number]`."""
    subject = OutputSubject(_environment(request, name))
    last = subject.count()
    found = output.read(subject.environment, number_of(request, "since", 0), output.KEPT)
    return JsonResponse({"lines": [subject.row(line) for line in found], "last": last})


@require_GET
@never_cache
def text(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """Everything that is kept, as a file of plain text."""
    environment = _environment(request, name)
    read = partial(output.read, environment, limit=PAGE, instance=request.GET.get("instance", ""))
    return text_file(f"{environment.app.name}-{environment.name}.txt", read, _written)


def _environment(request: HttpRequest, name: str) -> Environment:
    return access.environment(request, name, request.GET.get("environment") or "production")


def _written(line: output.Line) -> str:
    return f"{_moment(line):%Y-%m-%dT%H:%M:%S.%fZ} {line.release} {line.instance} {plain(line.text)}"


def _moment(line: output.Line) -> datetime:
    return datetime.fromtimestamp(line.at_ms / 1000, UTC)
