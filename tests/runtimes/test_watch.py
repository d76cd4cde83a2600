"""Long work is watched: its lease kept, a cancel noticed, a job that overstays ended."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from builds.models import Build
from runtimes.engine.base import EngineError, Exit
from runtimes.faults import Canceled, TimedOut
from runtimes.watch import Watch
from tests import factories as make
from tests.doubles import lose_connection

pytestmark = pytest.mark.usefixtures("quick")


class Job:
    """A job that runs until it is killed; the first kills may fail."""

    ref = "job"

    def __init__(self, *troubles: EngineError) -> None:
        self.ended = threading.Event()
        self.troubles = list(troubles)

    def output(self) -> Iterator[bytes]:
        self.ended.wait(10)
        return iter(())

    def wait(self) -> Exit:
        assert self.ended.wait(10), "nobody has ended it"
        return Exit(137)

    def read(self, path: str) -> Iterator[bytes]:
        raise NotImplementedError

    def kill(self) -> None:
        if self.troubles:
            raise self.troubles.pop()
        self.ended.set()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what has to come; a test that waits in vain is ended from outside."""
    while not condition():
        pass


def test_a_job_that_overstays_is_ended() -> None:
    job = Job()
    with make.watch() as watch, pytest.raises(TimedOut), watch.over(job, seconds=0):
        job.wait()


def test_a_job_is_ended_when_somebody_cancels() -> None:
    job = Job()
    with make.watch(canceled=True) as watch, pytest.raises(Canceled), watch.over(job, seconds=60):
        job.wait()


def test_a_job_that_ends_in_time_is_left_alone() -> None:
    job = Job()
    with make.watch() as watch, watch.over(job, seconds=60):
        pass
    assert not job.ended.is_set()


def test_an_engine_that_does_not_end_a_job_at_once_is_asked_again() -> None:
    job = Job(EngineError("busy"), EngineError("busy"))
    with make.watch() as watch, pytest.raises(TimedOut), watch.over(job, seconds=0):
        job.wait()


@pytest.mark.parametrize("canceled", [True, False])
def test_what_the_engine_says_of_a_job_that_was_ended_does_not_matter(canceled: bool) -> None:
    job = Job()
    expected = Canceled if canceled else TimedOut

    def work(watch: Watch) -> None:
        with watch.over(job, seconds=0):
            job.wait()
            raise EngineError("the stream broke off")

    with make.watch(canceled=canceled) as watch, pytest.raises(expected):
        work(watch)


def test_what_the_engine_says_of_a_job_that_runs_does_matter() -> None:
    with make.watch() as watch, pytest.raises(EngineError, match="away"), watch.over(Job(), seconds=60):
        raise EngineError("away")


def test_a_lease_is_renewed_while_the_work_goes_on(shared_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.watch.RENEW_SECONDS", 0)
    soon = timezone.now() + timedelta(seconds=1)
    build = make.build(make.app(), state="running", worker="me", lease_until=soon)
    with Watch("me", lambda: False, build) as watch:
        until(lambda: Build.objects.filter(lease_until__gt=soon + timedelta(seconds=20)).exists())
        watch.check()


def test_who_has_lost_the_row_stops(shared_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.watch.RENEW_SECONDS", 0)
    build = make.build(make.app(), state="running", worker="somebody else")
    job = Job()
    with Watch("me", lambda: False, build) as watch, pytest.raises(Canceled), watch.over(job, seconds=60):
        job.wait()


def test_a_database_that_does_not_answer_for_a_while_ends_nothing(
    shared_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtimes.watch.RENEW_SECONDS", 0)
    asked: list[bool] = []
    soon = timezone.now() + timedelta(seconds=1)
    build = make.build(make.app(), state="running", worker="me", lease_until=soon)

    def is_canceled() -> bool:
        asked.append(True)
        if len(asked) < 4:
            raise OperationalError("database is locked")
        return False

    with Watch("me", is_canceled, build):
        until(lambda: Build.objects.filter(lease_until__gt=soon + timedelta(seconds=20)).exists())
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE builds_build RENAME TO away")
        before = len(asked)
        until(lambda: len(asked) > before + 3)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO builds_build")
        Build.objects.update(lease_until=soon)
        until(lambda: Build.objects.filter(lease_until__gt=soon + timedelta(seconds=20)).exists())


def test_a_connection_that_is_lost_is_made_anew(shared_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.watch.RENEW_SECONDS", 0)
    lost: list[bool] = []
    soon = timezone.now() + timedelta(seconds=1)
    build = make.build(make.app(), state="running", worker="me", lease_until=soon)

    def is_canceled() -> bool:
        if not lost:
            lost.append(True)
            lose_connection()
        return False

    with Watch("me", is_canceled, build):
        until(lambda: Build.objects.filter(lease_until__gt=soon + timedelta(seconds=20)).exists())
    assert lost
