"""A restart goes from one instance to the next, and takes nothing from those who are served."""

import pytest

from runtimes import restart, tasks
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.models import Environment
from runtimes.places import MAINTENANCE
from runtimes.reconcile import reconcile, settle
from tests import factories as make
from tests.doubles import queued, router_files, routes

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


def refs(environment: Environment) -> dict[str, str]:
    return {each.name: each.ref for each in environment.instances.filter(state="up")}


def test_each_instance_is_another_one_afterwards_and_the_stand_in_is_gone(
    environment: Environment, engine: FakeEngine
) -> None:
    before = refs(environment)
    restart.carry_out(environment, "")
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
    restart.carry_out(environment, "")
    assert len(seen) == 3
    assert min(seen) == 2


def test_one_instance_is_restarted_and_no_other(environment: Environment, engine: FakeEngine) -> None:
    before = refs(environment)
    restart.carry_out(environment, "web.2")
    after = refs(environment)
    assert after["web.1"] == before["web.1"]
    assert after["web.2"] != before["web.2"]


def test_where_none_comes_up_any_more_what_runs_is_left_alone(environment: Environment, engine: FakeEngine) -> None:
    environment.processes.update(start_period=1)
    engine.world.programs["app"] = lambda _: 1
    before = refs(environment)
    restart.carry_out(environment, "")
    assert refs(environment) == before
    assert len(routes(engine)["shop.localhost"]) == 2


def test_what_has_crashed_is_started_again_though_nothing_stands_in(
    environment: Environment, engine: FakeEngine
) -> None:
    for ref in refs(environment).values():
        engine.halt([ref], grace=0)
    reconcile(environment)
    restart.carry_out(environment, "web")
    assert refs(environment).keys() == {"web.1", "web.2"}


def test_a_process_type_is_restarted_and_no_other(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment, "pending", make.slug(environment.app, {"web": "app", "worker": "sleep infinity"}))
    environment.releases.filter(state="live").update(state="retired", ended_at="2026-01-01T00:00Z")
    environment.releases.filter(state="pending").update(state="live")
    environment.processes.filter(name="worker").update(quantity=1)
    reconcile(environment)
    settle(environment)
    before = refs(environment)
    restart.carry_out(environment, "worker")
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
