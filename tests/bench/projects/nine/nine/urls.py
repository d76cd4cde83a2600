"""One page: which state of the source and which instance answers."""

import os
import socket
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

MARKER = (Path(__file__).resolve().parent / "marker.txt").read_text().strip()


def index(_request: HttpRequest) -> HttpResponse:
    """Marker, instance and host, in one line."""
    return HttpResponse(f"{MARKER} {os.environ.get('DYNO', 'local')} {socket.gethostname()}", content_type="text/plain")


urlpatterns = [path("", index)]
