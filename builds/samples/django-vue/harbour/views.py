"""The page, and who answered it."""

import os
import platform
import socket

import django
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from harbour.models import Greeting


def whoami() -> dict[str, str | int]:
    """The instance that answers: its name on the platform, its host, its process."""
    return {"instance": os.environ.get("DYNO", "local"), "host": socket.gethostname(), "process": os.getpid()}


def index(request: HttpRequest) -> HttpResponse:
    """The page: a row from the database, versions, and a front end that `npm run build` made."""
    context = {
        "greeting": Greeting.objects.order_by("written_at").first(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "me": whoami(),
    }
    return render(request, "harbour/index.html", context)


def instance(_request: HttpRequest) -> JsonResponse:
    """Asked again and again by the front end, to show which instances share the work."""
    return JsonResponse(whoami(), headers={"Cache-Control": "no-store"})
