"""The one door to whatever runs containers. `connect` opens it; `base` says what is behind it."""

from runtimes.engine.base import Engine, EngineError, gettext_noop
from runtimes.engine.docker import DockerEngine
from runtimes.engine.fake import FakeEngine

__all__ = ["connect"]


def connect(kind: str, namespace: str) -> Engine:
    """Return the engine of `kind` ("docker" or "fake") for the installation `namespace`.

    Connecting talks to nobody yet: the first call does, and a daemon that is away raises
    `EngineUnreachable` there and is found again by the next call. The engine may be kept for the
    life of a process and used from all of its threads.

    Raises `EngineError` where no engine is set ("none", as in the web process) or known.
    """
    match kind:
        case "docker":
            return DockerEngine(namespace)
        case "fake":
            return FakeEngine(namespace)
        case "none":
            raise EngineError(gettext_noop("This process has no engine. Only the workers run containers."))
        case _:
            raise EngineError(
                gettext_noop("There is no engine of the kind “%(kind)s”. Known are docker, fake and none."), kind=kind
            )
