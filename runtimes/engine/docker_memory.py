"""Whether a container's end was for want of memory, as well as Docker can tell.

Docker has it from two messages that may overtake each other: one that the kernel took a process,
the first one or a child, and one that the container ended. If the second comes first, the flag
`OOMKilled` stays false, and only the daemon's list of events knows (seen in 1 of 30 on a busy
machine with 20.10). What is taken in the first milliseconds of a container is not told at all.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from runtimes.engine import docker_client
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.streams import parse_time

LATE_SECONDS = 0.5


def ran_out(client: DockerClient, ref: str, status: Mapping[str, Any], patience: float = LATE_SECONDS) -> bool:
    """Whether the container that ended with this `State` ran out of memory.

    Who did its work all the same ran out of nothing. Waits up to `patience` seconds for the message
    that may be late.
    """
    if status["ExitCode"] == 0:
        return False
    return bool(status["OOMKilled"]) or any(_told(client, {ref: status}, patience))


def ran_out_of(client: DockerClient, states: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return those of these containers, by ref, that ran out of memory; asks once and does not wait."""
    failed = {ref: status for ref, status in states.items() if status["Status"] == "exited" and status["ExitCode"]}
    flagged = {ref for ref, status in failed.items() if status["OOMKilled"]}
    unsure = {ref: status for ref, status in failed.items() if ref not in flagged}
    return flagged | set(_told(client, unsure, 0)) if unsure else flagged


def _told(client: DockerClient, states: Mapping[str, Mapping[str, Any]], patience: float) -> Iterator[str]:
    """Yield the ref of each of these whose want of memory is among the daemon's events."""
    since = min(parse_time(status["StartedAt"]) for status in states.values())
    params = {
        "since": f"{since.timestamp():.6f}",
        "until": f"{time.time() + patience:.6f}",
        "filters": json.dumps({"event": ["oom"], "container": list(states)}),
    }
    with translated(), docker_client.stream(client, "GET", "/events", params) as answer:
        for line in answer.iter_lines():
            yield json.loads(line)["Actor"]["ID"]
