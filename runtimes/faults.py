"""Whose fault it is. What a user can mend says so; everything else is ours and is raised."""


class Fault(Exception):
    """Something the user's app did or lacks: a reason for machines, a message for people.

    `is_told` says that the message stands in the log already; `detail` is a finer reason, where there is one.
    """

    def __init__(
        self, reason: str, message: str, exit_code: int | None = None, *, is_told: bool = False, detail: str = ""
    ) -> None:
        super().__init__(message)
        self.detail = detail
        self.reason, self.message, self.exit_code, self.is_told = reason, message, exit_code, is_told


class PlatformFailed(Exception):
    """The platform's fault, in words that people may read."""


class ReleaseFailed(Fault):
    """The release cannot serve; the one before it still does."""


class Canceled(Exception):
    """A person asked to stop; or a newer worker took the work over."""


class TimedOut(Exception):
    """A job was ended because it took longer than it may."""
