"""Commands as a shell sees them: what they print and how they exit, with workers beside them."""

import io
import logging
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from buildpacks import registry
from builds import tasks as builds_tasks
from console.management.commands import _follow
from runtimes import tasks as runtimes_tasks
from runtimes.engine.fake import FakeEngine
from tests.builder import Builder
from tests.doubles import queued

TASKS = {
    task.name: task
    for module in (builds_tasks, runtimes_tasks)
    for task in vars(module).values()
    if hasattr(task, "delay")
}


class Ended(NamedTuple):
    """How a command ended: `status` is what the shell gets."""

    status: int
    out: str
    error: str


Run = Callable[..., Ended]


@pytest.fixture
def run(shared_db: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command."""
    monkeypatch.setattr(_follow, "POLL_SECONDS", 0.01)

    def do(*words: str) -> Ended:
        out = io.StringIO()
        try:
            call_command(*words, stdout=out)
        except CommandError as error:  # manage.py prints it and exits with its status
            return Ended(error.returncode, out.getvalue(), str(error))
        return Ended(0, out.getvalue(), "")

    return do


@pytest.fixture
def builder(engine: FakeEngine) -> Builder:
    return Builder().install(engine)


@pytest.fixture
def workers(shared_db: None, engine: FakeEngine, builder: Builder, quick: None) -> Iterator[None]:
    """Somebody who works off the queues, as the builder and the controller do."""
    registry.sync()
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.005):
            for name, arguments in queued():
                try:
                    TASKS[name](*arguments)
                except Exception:  # as a worker does: it is told, and the next task comes
                    logging.getLogger(__name__).exception("%s failed", name)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()
