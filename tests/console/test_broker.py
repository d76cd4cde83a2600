"""A worker outlives its broker, however it learns that it is away."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery, bootsteps
from celery.exceptions import WorkerShutdown
from django.conf import settings
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES, memory
from kombu.transport.redis import get_redis_error_classes
from redis.exceptions import BusyLoadingError, ResponseError
from redis.exceptions import ConnectionError as Closed


def broken() -> None:
    raise AttributeError("'NoneType' object has no attribute 'hostname'")


class Pretended(memory.Transport):
    """One in memory, whose faults are Redis's."""

    connection_errors, channel_errors = get_redis_error_classes()


@pytest.fixture(autouse=True)
def _pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSPORT_ALIASES, "pretended", f"{__name__}:Pretended")


def connecting(meets: Callable[[], Exception], times: int, *, closes: bool = True) -> tuple[int, int]:
    """Run a worker that meets this so often while it connects; how often it tried, and its exit status.

    The lost connection `closes`, or breaks once more.
    """
    tries: list[int] = []

    class Step(bootsteps.StartStopStep):
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            tries.append(1)
            if len(tries) <= times:
                parent.connection.close = parent.connection.close if closes else broken
                raise meets()
            raise WorkerShutdown(0)

    app = Celery("test", broker="pretended://", fixups=[])
    app.config_from_object(settings, namespace="CELERY")
    app.steps["consumer"].add(Step)
    # Not `app.Worker`, which takes this process's logging and current app for itself.
    worker = app.WorkController(pool_cls="solo", without_gossip=True, without_mingle=True, without_heartbeat=True)
    worker.start()
    return len(tries), int(worker.exitcode or 0)


@pytest.mark.parametrize(
    "meets",
    [
        lambda: OperationalError("Connection refused"),
        lambda: Closed("Connection closed by server."),
        lambda: BusyLoadingError("Redis is loading the dataset in memory"),
        lambda: ResponseError("MISCONF Redis is configured to save RDB snapshots"),
    ],
    ids=["kombu", "closed", "loading", "refused"],
)
def test_it_connects_again_until_that_succeeds(meets: Callable[[], Exception]) -> None:
    assert connecting(meets, times=3) == (4, 0)


def test_it_connects_again_also_where_the_lost_connection_cannot_be_closed() -> None:
    assert connecting(lambda: Closed("Connection closed by server."), times=3, closes=False) == (4, 0)


def test_it_waits_for_as_long_as_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = iter([Closed("Connection refused")] * 150)  # Celery gives up after a hundred, if it is left to

    def establish(transport: Pretended) -> Any:
        if refusal := next(refusals, None):
            raise refusal
        return super(Pretended, transport).establish_connection()

    monkeypatch.setattr(Pretended, "establish_connection", establish)
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)
    assert connecting(lambda: Closed("never"), times=0) == (1, 0)
    assert next(refusals, None) is None
