"""Workers of a new release take the places of the old ones one for one."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from runtimes import attention, tasks
from runtimes.deploy import STEPS, deploy
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.faults import ReleaseFailed
from runtimes.journal import Writer, plan
from runtimes.models import Environment, Release
from runtimes.reconcile import reconcile, settle
from runtimes.scale import scale
from tests import factories as make
from tests.doubles import empty_queues, queued, routes

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

SERVES = {"web": "serve", "worker": "work"}


class Hall:
    """Where workers work: how many there are, after each that came and each that went."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.counts: list[int] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.grace: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def work(self, process: Running) -> int:
        """Work until SIGTERM comes."""
        name = process.env["DYNO"]
        self._change(self.there.append, name)
        try:
            if deed := self.meanwhile.pop(process.env["DYNO"], None):
                deed()
                connection.close()
            process.sleep(3600)
        finally:
            if taken := self.grace.pop(name, None):
                taken.wait()
            self._change(self.there.remove, name)
        return 0

    def _change(self, change: Callable[[str], object], name: str) -> None:
        with self._lock:
            change(name)
            self.counts.append(len(self.there))


@pytest.fixture
def hall(engine: FakeEngine) -> Hall:
    made = Hall()
    engine.world.programs["work"] = made.work
    return made


@pytest.fixture
def environment(shared_db: None, hall: Hall) -> Environment:
    """Where v1 serves, and three of its workers work."""
    made = make.app().production
    make.release(made, of=make.slug(made.app, SERVES))
    made.processes.filter(name="worker").update(quantity=3)
    reconcile(made)
    settle(made)
    hall.counts.clear()
    return Environment.objects.get(pk=made.pk)


def release(environment: Environment, commands: dict[str, str] | None = None) -> Release:
    """Deploy the next version, up to where it is live."""
    record = make.record(environment)
    plan(record, STEPS)
    with Writer(record) as log, make.watch() as watch:
        return deploy(make.slug(environment.app, commands or SERVES), environment, log, watch)


def work_off(environment: Environment) -> None:
    """Do what the controller was asked for."""
    assert ("runtimes.tasks.bring_in_line", [environment.pk]) in queued()
    tasks.bring_in_line(environment.pk)
    swapped(environment)


def swapped(environment: Environment) -> None:
    """Wait for those who swap workers of it beside the queue."""
    for thread in [each for each in threading.enumerate() if each.name == f"swap.{environment.pk}"]:
        thread.join()


def workers(environment: Environment) -> list[str]:
    """The workers that are up, as version and name."""
    up = environment.instances.filter(process="worker", state="up").select_related("release")
    return sorted(f"{each.release.version} {each.name}" for each in up)


def test_there_is_one_worker_more_than_asked_for_at_most_and_never_one_fewer(
    environment: Environment, hall: Hall
) -> None:
    release(environment)
    work_off(environment)
    assert workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]
    assert hall.counts == [4, 3, 4, 3, 4, 3]


def test_no_old_worker_ends_before_the_release_is_live(environment: Environment, hall: Hall) -> None:
    before = workers(environment)
    made = release(environment)
    assert made.state == "live"
    assert workers(environment) == [*before, "v2 worker.1"]
    assert hall.counts == [4]
    told = "       Workers that take the place of old ones one for one once it is live: 2"
    assert told in make.log_of(made.journal)


def test_where_a_new_worker_crashes_at_its_start_the_release_fails_and_the_old_ones_never_stopped(
    environment: Environment, engine: FakeEngine, hall: Hall
) -> None:
    before, refs = workers(environment), set(environment.instances.filter(state="up").values_list("ref", flat=True))
    served = routes(engine)
    with pytest.raises(ReleaseFailed) as failed:
        release(environment, SERVES | {"worker": "exit 7"})
    assert (failed.value.reason, failed.value.exit_code) == ("crashed", 7)
    assert workers(environment) == before
    assert set(environment.instances.filter(state="up").values_list("ref", flat=True)) == refs
    assert hall.counts == []
    assert routes(engine) == served


def test_where_a_later_one_crashes_as_many_work_as_before_until_it_comes_up(
    environment: Environment, engine: FakeEngine, hall: Hall
) -> None:
    mended = threading.Event()

    def moody(process: Running) -> int:
        return hall.work(process) if mended.is_set() or process.env["DYNO"] != "worker.2" else 1

    engine.world.programs["moody"] = moody
    release(environment, SERVES | {"worker": "moody"})
    work_off(environment)
    assert workers(environment) == ["v1 worker.2", "v1 worker.3", "v2 worker.1"]
    mended.set()
    look(environment)
    assert workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]
    assert min(hall.counts) == 3


def look(environment: Environment) -> None:
    """The periodic look, and those it asks for in between, until there is nothing more to do."""
    for _ in range(40):
        empty_queues()
        attention.look_after()
        if workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]:
            return


def test_what_a_controller_that_ended_left_halfway_the_periodic_look_brings_to_its_end(
    environment: Environment, hall: Hall
) -> None:
    release(environment)
    look(environment)
    assert workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]
    assert (min(hall.counts), max(hall.counts)) == (3, 4)


@pytest.mark.parametrize(("wanted", "most"), [(5, 6), (1, 4), (0, 4)])
def test_scaled_in_the_middle_of_it_there_are_as_many_as_was_asked_for_last(
    environment: Environment, hall: Hall, wanted: int, most: int
) -> None:
    release(environment)
    hall.meanwhile["worker.2"] = lambda: scale(Environment.objects.get(pk=environment.pk), {"worker": wanted})
    work_off(environment)
    work_off(environment)
    assert workers(environment) == [f"v2 worker.{index}" for index in range(1, wanted + 1)]
    assert max(hall.counts) <= most


def test_a_release_in_the_middle_of_it_ends_with_the_last_one_everywhere(environment: Environment, hall: Hall) -> None:
    release(environment)
    reconcile(environment)  # one place has changed hands
    release(environment)
    work_off(environment)
    assert workers(environment) == ["v3 worker.1", "v3 worker.2", "v3 worker.3"]
    assert min(hall.counts) >= 3


def test_scaled_while_the_release_comes_up_all_get_there(environment: Environment, hall: Hall) -> None:
    hall.meanwhile["worker.1"] = lambda: scale(Environment.objects.get(pk=environment.pk), {"worker": 4})
    release(environment)
    work_off(environment)
    assert workers(environment) == [f"v2 worker.{index}" for index in range(1, 5)]


def test_whatever_grace_the_old_ones_take_no_place_of_the_queue_is_taken(environment: Environment, hall: Hall) -> None:
    hall.grace["worker.2"] = over = threading.Event()
    release(environment)
    tasks.bring_in_line(environment.pk)  # returns
    old = environment.instances.filter(release__number=1, process="worker").exclude(state="down")
    assert sorted(each.name for each in old) == ["worker.2", "worker.3"]
    over.set()
    swapped(environment)
    assert workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]


def test_a_process_type_that_is_gone_ends_at_once(environment: Environment, hall: Hall) -> None:
    release(environment, {"web": "serve"})
    work_off(environment)
    assert hall.there == []


def test_where_no_worker_ran_all_of_them_start_at_once(environment: Environment, hall: Hall) -> None:
    scale(environment, {"worker": 0})
    work_off(environment)
    scale(environment, {"worker": 3})
    empty_queues()
    release(environment)
    assert workers(environment) == ["v2 worker.1", "v2 worker.2", "v2 worker.3"]
