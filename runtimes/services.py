"""The platform's own containers: what was removed of them is made again as when the platform starts."""

import logging
import subprocess

from django.conf import settings

from runtimes import router
from runtimes.holding import alone
from runtimes.installation import engine
from runtimes.regular import Regular

log = logging.getLogger(__name__)

SECONDS = 60
LOOK_SECONDS = 3.0


def repair() -> bool:
    """Start the router if it does not run, or make it anew; say whether that was done.

    Raises `EngineError` if the engine does not answer. What else keeps it from starting is in the log.
    """
    with alone("services") as is_free:
        if not is_free or router.is_running() or not settings.SERVICES.exists():
            return False
        log.warning("The router does not run and is started again.")
        return _start("router")


class Caretaker(Regular):
    """Makes Redis anew when somebody has removed it: without it no task would come to do so.

    One that is stopped is left: so the platform is stopped. One that is gone for a moment may be in somebody's hands.
    """

    def __init__(self) -> None:
        super().__init__("caretaker of Redis", LOOK_SECONDS)
        self._was_there = True

    def look(self) -> None:
        """Make it anew if it was gone the last time too."""
        is_there = bool(engine().observe({"slipway.role": "redis"}))
        if not (is_there or self._was_there) and settings.SERVICES.exists():
            log.warning("Redis is gone and is made anew.")
            _start("redis")
        self._was_there = is_there


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
