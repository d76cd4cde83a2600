"""What can be wrong with a source or a build, in words that help."""

from runtimes.faults import Fault


class BuildFailed(Fault):
    """The source or its build is at fault."""


def minutes(seconds: float) -> str:
    """A time limit as people say it."""
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"


def megabytes(size: float) -> str:
    """A size as people say it."""
    return f"{size / 1024**2:.1f} MB"
