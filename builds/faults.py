"""What can be wrong with a source or a build, in words that help."""

from django.utils.translation import gettext as _

from runtimes.faults import Fault


class BuildFailed(Fault):
    """The source or its build is at fault."""


def minutes(seconds: float) -> str:
    """A time limit as people say it."""
    if seconds >= 60:
        return _("%(n)s minutes") % {"n": f"{seconds / 60:g}"}
    return _("%(n)s seconds") % {"n": f"{seconds:g}"}


def megabytes(size: float) -> str:
    """A size as people say it."""
    return f"{size / 1024**2:.1f} MB"
