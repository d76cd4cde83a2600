"""Whether instances are well: asked from where the router is, or by a command of the app's own inside."""

import socket
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.engine.base import EngineError, EngineUnreachable
from runtimes.installation import engine
from runtimes.models import Instance, Process
from runtimes.spec import health_command

# An instance without a port counts as up when it has run this long.
SETTLED = timedelta(seconds=2)

AT_ONCE = 32
STATUS_LINE_BYTES = 4096


class Question(NamedTuple):
    """One instance to ask; `host` is the name under which people know the app, `port` where its release listens."""

    instance: Instance
    process: Process
    host: str = ""
    port: int = 0


def greet(instances: Iterable[Instance], processes: Mapping[str, Process]) -> int:
    """Move those of these starting instances up that are well, and say so; return how many came up."""
    came = [each for each in well(instances, processes) if each.move("up")]
    if came:
        bell.ring(f"app.{came[0].environment.app_id}")
    return len(came)


def well(instances: Iterable[Instance], processes: Mapping[str, Process]) -> list[Instance]:
    """Those of an environment's instances that are well, by the checks of their processes; all are asked at once."""
    return answered([Question(each, processes[each.process]) for each in instances if each.process in processes])


def answered(questions: Iterable[Question]) -> list[Instance]:
    """Those who are well. No row is read or written by the threads that ask."""
    asked = [
        each._replace(host=each.process.environment.hostname, port=each.instance.release.port) for each in questions
    ]
    if not asked:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
        answers = list(pool.map(_is_well, asked))
    return [each.instance for each, is_well in zip(asked, answers, strict=True) if is_well]


def finding(instance: Instance, process: Process) -> str:
    """What an instance that is not well says when it is asked once more, in a sentence; empty for a mere port."""
    if process.health == Process.Health.COMMAND:
        return _("Its health command did not end with 0 within %(timeout)s seconds: %(health_command)s") % {
            "timeout": process.timeout,
            "health_command": process.health_command,
        }
    if process.health != Process.Health.HTTP:
        return ""
    asked = Question(instance, process, process.environment.hostname, instance.release.port)
    status = _status(asked)
    answer = (
        _("answers %(status)s") % {"status": status}
        if status
        else _("does not answer within %(timeout)s seconds") % {"timeout": process.timeout}
    )
    return _("%(health_path)s %(answer)s; expected is %(health_statuses)s.") % {
        "health_path": process.health_path,
        "answer": answer,
        "health_statuses": process.health_statuses,
    }


def _is_well(asked: Question) -> bool:
    instance, process = asked.instance, asked.process
    if process.health == Process.Health.COMMAND:
        return _succeeds(instance, process)
    if not process.is_web:
        return bool(instance.started_at and instance.started_at <= timezone.now() - SETTLED)
    if not instance.address:
        return False
    if process.health == Process.Health.HTTP:
        return accepts(process.health_statuses, _status(asked))
    return _listens((instance.address, asked.port), process.timeout)


def _listens(address: tuple[str, int], seconds: float) -> bool:
    try:
        with socket.create_connection(address, timeout=seconds):
            return True
    except OSError:
        return False


def _status(asked: Question) -> int:
    """The status that the path answers with, 0 if none came in time.

    Not by `http.client`: its time-out is for each piece of an answer, and here it is for the whole status line.
    A redirect is not followed: where it leads is none of this instance's health.
    """
    process = asked.process
    deadline = time.monotonic() + process.timeout
    request = (
        f"GET {process.health_path} HTTP/1.1\r\nHost: {asked.host}\r\n"
        "User-Agent: Slipway-Health\r\nConnection: close\r\n\r\n"
    )
    line = b""
    try:
        with socket.create_connection((asked.instance.address, asked.port), timeout=process.timeout) as connection:
            connection.sendall(request.encode())
            while b"\r\n" not in line and len(line) < STATUS_LINE_BYTES:
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                if not (data := connection.recv(STATUS_LINE_BYTES)):
                    break
                line += data
    except OSError:
        return 0
    version, _, rest = line.partition(b" ")
    return int(rest[:3]) if version.startswith(b"HTTP/") and rest[:3].isdigit() else 0


def accepts(statuses: str, status: int) -> bool:
    """Whether a status is among some, such as `200-399` or `200,204`."""
    ranges = [part.partition("-") for part in statuses.split(",")]
    return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


def _succeeds(instance: Instance, process: Process) -> bool:
    """Whether the command ends well inside the instance. Without Docker nobody knows: that is raised."""
    if not instance.ref:
        return False
    try:
        code, _ = engine().exec(instance.ref, health_command(instance.release, process))
    except EngineUnreachable:
        raise
    except EngineError:  # it has ended, or is just ending
        return False
    return code == 0
