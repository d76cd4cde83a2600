"""A restart goes from one instance to the next, and takes nothing from those who are served."""

import pytest
from django.db import connection
from django.utils import timezone

from runtimes import attention, journal, restart, tasks
from runtimes.deploy import STEPS, deploy
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.models import Environment
from runtimes.places import MAINTENANCE
from runtimes.reconcile import reconcile, refresh, settle
from tests import factories as make
from tests.doubles import empty_queues, queued, router_files, routes, tell

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """Two instances that serve."""
    engine.world.programs["app"] = lambda process: process.run("serve")
    made = make.app().production
    make.release(made, of=make.slug(made.app, {"web": "app"}))
    made.processes.update(quantity=2)
    reconcile(made)
    settle(made)
    return Environment.objects.get(pk=made.pk)


def restarted(environment: Environment, what: str = "") -> None:
    """Have these restarted, and wait for the end of it."""
    assert restart.restart(environment, what)
    tasks.restart(environment.pk)


def refs(environment: Environment) -> dict[str, str]:
    return {each.name: each.ref for each in environment.instances.filter(state="up")}


def test_each_instance_is_another_one_afterwards_and_the_stand_in_is_gone(
    environment: Environment, engine: FakeEngine
) -> None:
    before = refs(environment)
    restarted(environment)
    after = refs(environment)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert len(routes(engine)["shop.localhost"]) == 2


def test_never_fewer_serve_than_before(environment: Environment, engine: FakeEngine) -> None:
    seen: list[int] = []

    def counting(process: Running) -> int:
        seen.append(len(routes(engine)["shop.localhost"]))
        return process.run("serve")

    engine.world.programs["app"] = counting
    restarted(environment)
    assert len(seen) == 3
    assert min(seen) == 2


def test_one_instance_is_restarted_and_no_other(environment: Environment, engine: FakeEngine) -> None:
    before = refs(environment)
    restarted(environment, "web.2")
    after = refs(environment)
    assert after["web.1"] == before["web.1"]
    assert after["web.2"] != before["web.2"]


def test_where_none_comes_up_any_more_what_runs_is_left_alone(environment: Environment, engine: FakeEngine) -> None:
    environment.processes.update(start_period=1)
    engine.world.programs["app"] = lambda _: 1
    before = refs(environment)
    restarted(environment)
    assert refs(environment) == before
    assert len(routes(engine)["shop.localhost"]) == 2
    assert restart.left(environment) == ["web.1", "web.2"]
    assert not restart.is_under_way(environment), "It is not tried for ever."


@pytest.mark.parametrize("how", ["restart", "release", "stop"])
def test_what_a_restart_left_is_told_until_one_succeeds_or_it_does_not_matter_any_more(
    environment: Environment, engine: FakeEngine, how: str
) -> None:
    Environment.objects.update(unrestarted="web.1, worker.1")
    assert restart.left(environment, "web") == ["web.1"]
    tasks.restart(environment.pk)  # one that comes late has nothing to say
    assert restart.left(environment) == ["web.1", "worker.1"]
    if how == "restart":
        restarted(environment, "web.2")
    elif how == "release":
        record = make.record(environment)
        journal.plan(record, STEPS)
        with journal.Writer(record) as log, make.watch() as watch:
            deploy(make.slug(environment.app, {"web": "app"}), environment, log, watch)
    else:
        restart.stop(environment)
    assert restart.left(environment) == []


def test_one_that_stood_in_for_a_restart_that_broke_off_and_crashed_is_not_waited_for(
    environment: Environment, engine: FakeEngine
) -> None:
    before = refs(environment)
    environment.processes.update(surge_until=timezone.now() + restart.SURGE)
    reconcile(environment)
    engine.halt([environment.instances.get(index=3).ref], grace=0)
    refresh(environment)
    environment.instances.filter(index=3).update(crashes=15)  # it is not due for long
    environment.processes.update(surge_until=None)
    restarted(environment)
    assert restart.left(environment) == []
    assert not set(refs(environment).values()) & set(before.values())


def test_of_two_who_ask_at_once_one_restarts_for_both(environment: Environment, engine: FakeEngine) -> None:
    before, seen = refs(environment), list[str]()

    def asking(process: Running) -> int:
        seen.append(process.argv[0])
        if len(seen) == 2:  # the stand-in is up, and web.1 is replaced
            assert restart.restart(environment, "web.2")
            tasks.restart(environment.pk)  # returns at once
        connection.close()
        return process.run("serve")

    engine.world.programs["app"] = asking
    restarted(environment, "web.1")
    assert not set(refs(environment).values()) & set(before.values())
    assert not restart.is_under_way(environment)


def test_who_was_restarted_already_is_restarted_again_when_somebody_asks_again(
    environment: Environment, engine: FakeEngine
) -> None:
    seen: list[str] = []

    def asking(process: Running) -> int:
        seen.append(refs(environment).get("web.1", ""))
        if len(seen) == 3:  # web.1 is another one, and web.2 is replaced
            restart.restart(environment, "web.1")
        connection.close()
        return process.run("serve")

    engine.world.programs["app"] = asking
    restarted(environment)
    assert refs(environment)["web.1"] not in seen


@pytest.mark.parametrize("why", ["its worker ended", "no worker was told"])
def test_a_restart_that_no_worker_knows_of_is_taken_up_by_the_periodic_look(
    environment: Environment, engine: FakeEngine, why: str
) -> None:
    before = refs(environment)
    if why == "its worker ended":
        tell(engine, lambda _: 1)
        with pytest.raises(EngineError):
            restarted(environment)
        tell(engine)
    else:
        restart.restart(environment)
    empty_queues()
    attention.look_after()
    assert ("runtimes.tasks.restart", [environment.pk]) in queued()
    tasks.restart(environment.pk)
    assert not set(refs(environment).values()) & set(before.values())
    empty_queues()
    attention.look_after()
    assert queued() == []


def test_what_has_crashed_is_started_again_though_nothing_stands_in(
    environment: Environment, engine: FakeEngine
) -> None:
    for ref in refs(environment).values():
        engine.halt([ref], grace=0)
    reconcile(environment)
    restarted(environment, "web")
    assert refs(environment).keys() == {"web.1", "web.2"}


def test_a_process_type_is_restarted_and_no_other(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment, "pending", make.slug(environment.app, {"web": "app", "worker": "sleep infinity"}))
    environment.releases.filter(state="live").update(state="retired", ended_at="2026-01-01T00:00Z")
    environment.releases.filter(state="pending").update(state="live")
    environment.processes.filter(name="worker").update(quantity=1)
    reconcile(environment)
    settle(environment)
    before = refs(environment)
    restarted(environment, "worker")
    after = refs(environment)
    assert after.keys() == before.keys() == {"web.1", "web.2", "worker.1"}
    assert {name for name in after if after[name] != before[name]} == {"worker.1"}


def test_stopped_nothing_runs_and_started_again_it_is_the_same_release_at_the_same_scale(
    environment: Environment, engine: FakeEngine
) -> None:
    restart.stop(environment)
    assert queued() == [("runtimes.tasks.bring_in_line", [environment.pk])]
    tasks.bring_in_line(environment.pk)
    assert (refs(environment), routes(engine)) == ({}, {"shop.localhost": []})
    restart.start(environment)
    assert queued() == [("runtimes.tasks.bring_in_line", [environment.pk])]
    tasks.bring_in_line(environment.pk)
    assert refs(environment).keys() == {"web.1", "web.2"}
    assert len(routes(engine)["shop.localhost"]) == 2
    assert [release.version for release in environment.releases.filter(state="live")] == ["v1"]


def test_visitors_get_the_maintenance_page_while_everything_runs_on(
    environment: Environment, engine: FakeEngine
) -> None:
    before = refs(environment)
    restart.set_maintenance(environment, on=True)
    tasks.bring_in_line(environment.pk)
    places = {path: text for path, text in router_files(engine).items() if path.startswith("places/")}
    assert set(places.values()) == {MAINTENANCE}
    restart.set_maintenance(environment, on=False)
    tasks.bring_in_line(environment.pk)
    assert len(routes(engine)["shop.localhost"]) == 2
    assert refs(environment) == before
