"""Whether an instance is well: asked from where the router is, never from inside the image."""

import http.client
import socket
from datetime import timedelta

from django.utils import timezone

from runtimes import bell
from runtimes.models import Instance, Process
from runtimes.spec import PORT

PROBE_SECONDS = 2.0

# An instance without a port counts as up when it has run this long.
SETTLED = timedelta(seconds=2)


def look(instance: Instance, process: Process) -> bool:
    """Probe an instance that is starting; move it up if it is well, and say so."""
    if not _is_well(instance, process) or not instance.move("up"):
        return False
    bell.ring(f"app.{instance.environment.app_id}")
    return True


def _is_well(instance: Instance, process: Process) -> bool:
    if not process.is_web:
        return bool(instance.started_at and instance.started_at <= timezone.now() - SETTLED)
    if not instance.address:
        return False
    return _answers(instance.address, process.health_path) if process.health_path else _listens(instance.address)


def _listens(address: str) -> bool:
    try:
        with socket.create_connection((address, PORT), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def _answers(address: str, path: str) -> bool:
    connection = http.client.HTTPConnection(address, PORT, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": "health.slipway", "User-Agent": "Slipway-Health"})
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
