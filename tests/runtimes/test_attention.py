"""The periodic look: what is right costs nothing, what is unwell too long is restarted."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runtimes import attention, restart, tasks
from runtimes.checkup import check_up
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.holding import alone, hold
from runtimes.models import Environment, Instance
from runtimes.reconcile import reconcile, settle
from runtimes.spec import environment_labels
from runtimes.survey import differing
from tests import factories as make
from tests.doubles import empty_queues, is_free, queued, routes

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

SICK: dict[str, Any] = {"health": "command", "health_command": "false"}


def serving(name: str, quantity: int = 1, commands: dict[str, str] | None = None, **check: Any) -> Environment:
    """An environment of a new app that is as it should be."""
    environment = make.app(name).production
    make.release(environment, of=make.slug(environment.app, commands or {"web": "serve"}))
    environment.processes.update(quantity=quantity)
    reconcile(environment)
    settle(environment)
    environment.processes.update(**check)
    empty_queues()
    return environment


def asked_long_ago() -> None:
    """Let the time for the next health check have come."""
    Instance.objects.update(checked_at=timezone.now() - timedelta(hours=1))


def look() -> list[str]:
    """The queries of one look."""
    with CaptureQueriesContext(connection) as queries:
        attention.look_after()
    return [query["sql"] for query in queries]


def test_the_number_of_queries_does_not_grow_with_what_is_right(engine: FakeEngine) -> None:
    serving("one")
    attention.look_after()
    Instance.objects.update(checked_at=timezone.now())
    few = look()
    for name in ("two", "three", "four", "five", "six"):
        serving(name, quantity=4, commands={"web": "serve", "worker": "sleep infinity"})
    attention.look_after()
    Instance.objects.update(checked_at=timezone.now())
    assert len(look()) == len(few)
    assert differing() == []


def test_the_number_of_queries_does_not_grow_with_who_is_asked_how_they_are(engine: FakeEngine) -> None:
    counts = []
    for name, quantity in (("one", 1), ("two", 7)):
        serving(name, quantity)
        attention.look_after()
        asked_long_ago()
        counts.append(len(look()))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("trouble", ["removed", "ended", "row lost", "row wrong", "scaled", "leaving", "left over"])
def test_an_environment_that_is_not_right_is_found_and_no_other(engine: FakeEngine, trouble: str) -> None:
    right, wrong = serving("right"), serving("wrong")
    instance = wrong.instances.get()
    if trouble == "removed":
        engine.world.remove(instance.ref)
    elif trouble == "ended":
        engine.halt([instance.ref], grace=0)
    elif trouble == "row lost":
        instance.delete()
    elif trouble == "row wrong":
        Instance.objects.filter(pk=instance.pk).update(address="127.0.0.9")
    elif trouble == "scaled":
        wrong.processes.update(quantity=2)
    elif trouble == "leaving":
        instance.move("stopping")
    else:
        wrong.releases.update(state="retired", ended_at=timezone.now())
    assert differing() == [wrong]
    assert right.instances.get().state == "up"


def test_what_has_just_begun_is_left_to_who_started_it(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = serving("shop")
    environment.processes.update(quantity=2)
    reconcile(environment)
    assert differing() == [environment]
    monkeypatch.setattr("runtimes.survey.SETTLING", timedelta(hours=1))
    assert differing() == []


def test_a_crashed_instance_is_left_alone_until_its_time(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.reconcile.BACK_OFF", timedelta(hours=1))
    environment = serving("shop")
    engine.halt([environment.instances.get().ref], grace=0)
    attention.look_after()
    assert environment.instances.get().state == "crashed"
    assert differing() == []
    environment.instances.update(ended_at=timezone.now() - timedelta(hours=2))
    assert differing() == [environment]


def look_again(environment: Environment) -> int:
    """Do what the controller was asked to do soon, and what that asks for; how often it looked."""
    looks = 0
    while asked := queued():
        ((task, arguments),) = asked
        assert (task, arguments[0]) == ("runtimes.tasks.look_again", environment.pk)
        tasks.look_again(*arguments)
        looks += 1
    return looks


@pytest.mark.parametrize("trouble", ["removed", "ended"])
def test_what_was_removed_or_ended_is_looked_after_until_it_serves_and_not_only_at_the_next_look(
    engine: FakeEngine, trouble: str
) -> None:
    environment = serving("shop", 2)
    ref = environment.instances.earliest("pk").ref
    if trouble == "removed":
        engine.world.remove(ref)
    else:
        engine.halt([ref], grace=0)
    attention.look_after()
    assert look_again(environment) <= attention.TIMES
    assert [each.state for each in environment.instances.exclude(state="down")] == ["up", "up"]
    assert len(routes(engine)["shop.localhost"]) == 2


def test_what_never_comes_up_is_left_to_the_periodic_looks(engine: FakeEngine) -> None:
    environment = serving("shop")
    environment.processes.update(**SICK)
    engine.world.remove(environment.instances.get().ref)
    attention.look_after()
    assert look_again(environment) == attention.TIMES
    environment.instances.filter(state="starting").update(started_at=timezone.now() - timedelta(minutes=1))
    reconcile(environment)
    attention.look_after()
    assert queued() == [("runtimes.tasks.look_again", [environment.pk, 8])], "It says itself when it was started."


def test_what_crashed_often_waits_for_its_time(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.reconcile.BACK_OFF", timedelta(hours=1))
    environment = serving("shop")
    engine.halt([environment.instances.get().ref], grace=0)
    attention.look_after()
    assert (environment.instances.get().state, queued()) == ("crashed", [])


def test_an_app_that_is_being_removed_is_nobodys_business(engine: FakeEngine) -> None:
    environment = serving("shop")
    engine.world.remove(environment.instances.get().ref)
    environment.app.destroyed_at = timezone.now()
    environment.app.save()
    assert differing() == []


def test_who_fails_as_often_as_the_check_says_is_restarted(engine: FakeEngine) -> None:
    environment = serving("shop", **SICK, failures=3)
    for count in (1, 2):
        check_up()
        assert environment.instances.get().unwell == count
        assert queued() == []
        asked_long_ago()
    check_up()
    assert queued() == [("runtimes.tasks.restart", [environment.pk])]
    before = environment.instances.get().ref
    environment.processes.update(health="tcp")
    restart.carry_out(Environment.objects.get(pk=environment.pk))
    (after,) = environment.instances.exclude(state="down")
    assert (after.state, after.unwell) == ("up", 0)
    assert after.ref != before
    assert len(routes(engine)["shop.localhost"]) == 1


def test_who_is_well_again_begins_anew(engine: FakeEngine) -> None:
    environment = serving("shop", **SICK)
    check_up()
    environment.processes.update(health_command="true")
    asked_long_ago()
    check_up()
    assert environment.instances.get().unwell == 0


def test_nobody_is_asked_before_the_interval_is_over(engine: FakeEngine) -> None:
    environment = serving("shop", **SICK, interval=3600)
    check_up()
    check_up()
    assert environment.instances.get().unwell == 1


def test_of_several_one_is_restarted_after_the_other(engine: FakeEngine) -> None:
    environment, other = serving("shop", 3, **SICK, failures=1), serving("blog", **SICK, failures=1)
    check_up()
    assert sorted(args[0] for _, args in queued()) == sorted([environment.pk, other.pk])
    environment.processes.update(surge_until=timezone.now() + timedelta(minutes=1))
    asked_long_ago()
    check_up()
    assert queued() == [("runtimes.tasks.restart", [other.pk])]


def test_who_does_not_come_up_in_its_time_is_asked_like_the_others(engine: FakeEngine) -> None:
    environment = serving("shop", **SICK, failures=1)
    Instance.objects.update(state="starting")
    check_up()
    assert queued() == []
    environment.processes.update(start_period=0)
    check_up()
    assert queued() == [("runtimes.tasks.restart", [environment.pk])]


def test_who_answers_slowly_is_not_asked_a_second_time_meanwhile(engine: FakeEngine) -> None:
    asked, answers = threading.Semaphore(0), threading.Event()

    def slow(_: Process) -> int:
        asked.release()
        return 0 if answers.wait(60) else 1

    serving("shop", health="command", health_command="slow")
    engine.world.programs["slow"] = slow
    first = Thread(target=in_a_thread, args=[attention.look_after])
    first.start()
    assert asked.acquire(timeout=60)
    attention.look_after()  # returns, although nobody has answered yet
    assert not asked.acquire(blocking=False)
    answers.set()
    first.join()
    assert Instance.objects.get().checked_at


def test_an_environment_that_somebody_changes_keeps_no_look_waiting(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PATIENCE_SECONDS", 0)
    held, other = serving("held"), serving("other")
    for environment in (held, other):
        engine.world.remove(environment.instances.get().ref)
    with hold(f"environment.{held.pk}"):
        look = Thread(target=in_a_thread, args=[attention.look_after])
        look.start()
        look.join(60)
        assert not look.is_alive()
        assert engine.observe(environment_labels(other))
        assert not engine.observe(environment_labels(held))
    attention.look_after()
    assert engine.observe(environment_labels(held))


def test_an_instance_that_takes_long_to_end_keeps_no_look_waiting(engine: FakeEngine) -> None:
    environment = serving("shop", commands={"worker": "trap '' TERM; echo deaf; sleep infinity"})
    old = environment.instances.get()
    next(engine.lines(old.ref, follow=True))
    environment.processes.update(grace=60)
    old.release.move("retired", ended_at=timezone.now() - timedelta(minutes=1))
    make.release(environment, of=make.slug(environment.app, {"worker": "sleep infinity"}))
    reconcile(environment)
    settle(environment)  # another one is up in its place
    ending = Thread(target=in_a_thread, args=[partial(end_slowly, environment)])
    ending.start()
    while is_free(f"end.{old.ref}"):
        assert ending.is_alive()
    look = Thread(target=in_a_thread, args=[attention.look_after])
    look.start()
    look.join(30)
    assert not look.is_alive()
    assert ending.is_alive()
    engine.stop([old.ref], grace=0)
    ending.join()


def test_while_one_look_waits_for_docker_the_next_does_not_wait_as_well(engine: FakeEngine) -> None:
    environment = serving("shop")
    engine.stop([environment.instances.get().ref], grace=0)
    with alone("survey"):
        attention.look_after()
    assert engine.observe({"slipway.kind": "instance"}) == []
    attention.look_after()
    assert len(engine.observe({"slipway.kind": "instance"})) == 1


def end_slowly(environment: Environment) -> None:
    """Bring it in line; in the end somebody else has removed what is waited for."""
    with suppress(EngineError):
        reconcile(environment)


def in_a_thread(deed: Callable[[], object]) -> None:
    """Do it, and leave no connection behind."""
    try:
        deed()
    finally:
        connection.close()


def test_nobody_is_restarted_while_the_router_cannot_be_told(engine: FakeEngine) -> None:
    environment = serving("shop", **SICK, failures=1)
    engine.stop([f"{engine.namespace}-router"], grace=0)
    attention.look_after()
    assert environment.instances.get().unwell == 0
    assert queued() == []


def test_a_fault_of_ours_in_one_environment_leaves_the_others_looked_after(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = serving("shop"), serving("blog")
    for each in (broken, other):
        engine.world.remove(each.instances.get().ref)
    works = reconcile

    def fail_for_one(environment: Environment, patience: float) -> None:
        if environment == broken:
            raise ZeroDivisionError
        works(environment, patience)

    monkeypatch.setattr("runtimes.attention.reconcile", fail_for_one)
    attention.look_after()
    assert engine.observe({**environment_labels(broken)}) == []
    assert len(engine.observe({**environment_labels(other)})) == 1
