"""The engine of this installation."""

from functools import cache

from django.conf import settings

from runtimes.engine import connect
from runtimes.engine.base import Engine


@cache
def engine() -> Engine:
    """What runs our containers; raises `EngineError` in a process that has no business there."""
    return connect(settings.ENGINE, settings.NAMESPACE)
