"""The platform's own containers: a router that was removed or stopped is made again as when the platform starts."""

import logging
import subprocess

from django.conf import settings

from runtimes import router
from runtimes.holding import alone

log = logging.getLogger(__name__)

SECONDS = 60


def repair() -> bool:
    """Start the router if it does not run, or make it anew; say whether that was done.

    Raises `EngineError` if the engine does not answer. What else keeps it from starting is in the log. Of Redis nobody
    takes such care: without it nothing periodic comes.
    """
    with alone("services") as is_free:
        if not is_free or router.is_running() or not settings.SERVICES.exists():
            return False
        log.warning("The router does not run and is started again.")
        return _start("router")


def _start(service: str) -> bool:
    try:
        subprocess.run(
            [settings.SERVICES, service],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.error("The %s could not be started: %s %s", service, error, getattr(error, "output", ""))
        return False
    return True
