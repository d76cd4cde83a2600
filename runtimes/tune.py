"""How the instances of a process type run: with what, asked how they are in which way, ended how."""

from collections.abc import Collection

from runtimes import bell
from runtimes.models import Process

# What people may set; how many there are is set by `runtimes.scale`.
TUNABLE = (
    "command",
    "port",
    "memory",
    "cpus",
    "health",
    "health_path",
    "health_statuses",
    "health_command",
    "start_period",
    "interval",
    "timeout",
    "failures",
    "grace",
    "stop_signal",
)


def tune(process: Process, changed: Collection[str]) -> None:
    """Store the fields that were changed on this row; `ValidationError` by field if they cannot be.

    How instances are asked and ended holds at once, memory and CPU for those that start from now on, a command and a
    port from the next release on.
    """
    fields = [name for name in TUNABLE if name in changed]
    process.full_clean(exclude=["environment"])
    if fields:
        process.save(update_fields=fields)
        bell.ring(f"app.{process.environment.app_id}")
