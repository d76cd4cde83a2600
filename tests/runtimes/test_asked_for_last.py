"""Who scales, stops or starts while something else is under way gets what was asked for last."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from runtimes import restart, tasks
from runtimes.deploy import STEPS, deploy
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.holding import hold
from runtimes.journal import Writer, plan
from runtimes.models import Environment, Release
from runtimes.reconcile import reconcile, settle
from runtimes.scale import scale
from tests import factories as make
from tests.doubles import change, is_free, queued, routes, tell

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

SERVES = {"web": "app", "worker": "sleep infinity"}


def beside(deed: Callable[[], object]) -> threading.Thread:
    """Have it done in a thread."""

    def do() -> None:
        try:
            deed()
        finally:
            connection.close()

    thread = threading.Thread(target=do)
    thread.start()
    return thread


def test_who_asks_for_more_of_an_environment_that_somebody_holds_does_not_wait_as_well(
    environment: Environment, engine: FakeEngine
) -> None:
    with hold(f"environment.{environment.pk}"):
        first = beside(lambda: tasks.bring_in_line(environment.pk))
        while is_free(f"turn.{environment.pk}"):
            assert first.is_alive()
        scale(environment, {"worker": 2})
        tasks.bring_in_line(environment.pk)  # returns
        assert first.is_alive()
    first.join()
    assert environment.instances.filter(process="worker").count() == 2


def test_who_asks_for_more_while_instances_begin_does_not_wait_for_them_as_well(environment: Environment) -> None:
    environment.processes.update(health="command", health_command="false", start_period=60)
    scale(environment, {"worker": 1})
    first = beside(lambda: tasks.bring_in_line(environment.pk))
    while is_free(f"settle.{environment.pk}"):
        assert first.is_alive()
    scale(environment, {"worker": 2})
    tasks.bring_in_line(environment.pk)  # returns
    assert first.is_alive()
    starting = environment.instances.filter(process="worker", state="starting")
    assert starting.count() == 2
    environment.processes.update(health_command="true")
    starting.update(state="up")
    first.join()


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """Where v1 serves with one instance of web; there is a worker that nobody has asked for."""
    engine.world.programs["app"] = lambda process: process.run("serve")
    made = make.app().production
    make.release(made, of=make.slug(made.app, SERVES))
    reconcile(made)
    settle(made)
    return Environment.objects.get(pk=made.pk)


def release(environment: Environment, commands: dict[str, str] | None = None) -> Release:
    """Deploy the next version, up to where it is live."""
    record = make.record(environment)
    plan(record, STEPS)
    slug = make.slug(environment.app, commands or SERVES)
    with Writer(record) as log, make.watch() as watch:
        return deploy(slug, environment, log, watch)


def once(deed: Callable[[], object]) -> Callable[[Running], int]:
    """An app that serves; when the first of it begins, somebody does this."""
    done: list[bool] = []
    lock = threading.Lock()

    def app(process: Running) -> int:
        with lock:
            if not done:
                done.append(True)
                deed()
                connection.close()
        return process.run("serve")

    return app


def running(environment: Environment) -> list[str]:
    """What is up, as version and name."""
    up = environment.instances.filter(state="up").select_related("release")
    return sorted(f"{each.release.version} {each.name}" for each in up)


def serving(engine: FakeEngine) -> int:
    """How many instances get requests."""
    return len(routes(engine)["shop.localhost"])


def work_off(environment: Environment) -> None:
    """Do what the controller was asked for."""
    asked = queued()
    assert ("runtimes.tasks.bring_in_line", [environment.pk]) in asked
    tasks.bring_in_line(environment.pk)


def in_a_worker(environment: Environment) -> None:
    """The controller makes it so, beside the test."""
    tasks.bring_in_line(environment.pk)
    connection.close()


def test_scaled_up_during_a_deploy_all_of_them_are_well_before_it_takes_over(
    environment: Environment, engine: FakeEngine
) -> None:
    engine.world.programs["app"] = once(lambda: scale(environment, {"web": 3}))
    release(environment)
    assert serving(engine) == 3
    work_off(environment)
    assert running(environment) == ["v2 web.1", "v2 web.2", "v2 web.3"]


def test_more_of_one_type_and_fewer_of_another_are_not_taken_for_the_same_number(
    environment: Environment, engine: FakeEngine
) -> None:
    scale(environment, {"web": 1, "worker": 3})
    engine.world.programs["app"] = once(lambda: scale(environment, {"web": 3, "worker": 1}))
    release(environment)
    assert serving(engine) == 3
    work_off(environment)
    assert running(environment) == ["v2 web.1", "v2 web.2", "v2 web.3", "v2 worker.1"]


def test_scaled_down_during_a_deploy_nobody_waits_for_what_is_not_wanted_any_more(
    environment: Environment, engine: FakeEngine
) -> None:
    def deaf(process: Running) -> int:
        if process.env["DYNO"] != "web.3":
            return process.run("serve")
        scale(environment, {"web": 2})
        connection.close()
        process.sleep(3600)
        return 0

    scale(environment, {"web": 3})
    environment.processes.update(start_period=10)
    engine.world.programs["deaf"] = deaf
    assert release(environment, {"web": "deaf"}).state == "live"
    assert serving(engine) == 2
    work_off(environment)
    assert running(environment) == ["v2 web.1", "v2 web.2"]


def test_scaled_to_nothing_during_a_deploy_it_is_live_without_an_instance(
    environment: Environment, engine: FakeEngine
) -> None:
    def silent(process: Running) -> int:
        scale(environment, {"web": 0})
        connection.close()
        process.sleep(3600)
        return 0

    environment.processes.update(start_period=10)
    engine.world.programs["silent"] = silent
    assert release(environment, {"web": "silent"}).state == "live"
    work_off(environment)
    assert (running(environment), serving(engine)) == ([], 0)


def test_scaled_while_traffic_is_switched_the_new_release_has_as_many(
    environment: Environment, engine: FakeEngine
) -> None:
    def switch(process: Running) -> int:
        scale(Environment.objects.get(pk=environment.pk), {"web": 2})
        return change(process)

    tell(engine, switch)
    release(environment)
    tell(engine)
    work_off(environment)
    assert running(environment) == ["v2 web.1", "v2 web.2"]
    assert serving(engine) == 2


def test_a_deploy_while_what_serves_is_being_scaled_ends_with_as_many_of_the_new_release(
    environment: Environment, engine: FakeEngine
) -> None:
    go_on = threading.Event()

    def slow(process: Running) -> int:
        while not go_on.is_set():
            process.sleep(0.01)
        return process.run("serve")

    engine.world.programs["app"] = slow
    scale(environment, {"web": 3})
    scaling = threading.Thread(target=in_a_worker, args=[environment])
    scaling.start()
    while environment.instances.filter(state="starting").count() < 2:
        go_on.wait(0.01)
    release(environment, {"web": "serve"})
    assert serving(engine) == 3
    go_on.set()
    scaling.join()
    work_off(environment)
    assert running(environment) == ["v2 web.1", "v2 web.2", "v2 web.3"]
    assert serving(engine) == 3


def test_stopped_during_a_deploy_it_stays_stopped(environment: Environment, engine: FakeEngine) -> None:
    engine.world.programs["app"] = once(lambda: restart.stop(environment))
    release(environment)
    work_off(environment)
    assert (running(environment), serving(engine)) == ([], 0)


def test_started_during_a_deploy_the_new_release_takes_over_with_all_its_instances(
    environment: Environment, engine: FakeEngine
) -> None:
    Environment.objects.update(stopped=True)
    environment.refresh_from_db()  # the deploy begins
    restart.start(Environment.objects.get(pk=environment.pk))
    tasks.bring_in_line(environment.pk)
    assert serving(engine) == 1
    release(environment)
    assert serving(engine) == 1


def test_stopped_during_a_rolling_restart_nothing_is_started_again(
    environment: Environment, engine: FakeEngine
) -> None:
    engine.world.programs["app"] = once(lambda: restart.stop(Environment.objects.get(pk=environment.pk)))
    restart.restart(environment)
    restart.carry_out(environment)
    assert (running(environment), serving(engine)) == ([], 0)


def test_scaled_during_a_rolling_restart_there_are_as_many(environment: Environment, engine: FakeEngine) -> None:
    engine.world.programs["app"] = once(lambda: scale(Environment.objects.get(pk=environment.pk), {"web": 3}))
    restart.restart(environment)
    restart.carry_out(environment)
    assert running(environment) == ["v1 web.1", "v1 web.2", "v1 web.3"]


def test_scaled_down_during_a_rolling_restart_what_stays_is_restarted_all_the_same(
    environment: Environment, engine: FakeEngine
) -> None:
    scale(environment, {"web": 3})
    tasks.bring_in_line(environment.pk)
    before = dict(environment.instances.filter(state="up").values_list("index", "ref"))
    engine.world.programs["app"] = once(lambda: scale(Environment.objects.get(pk=environment.pk), {"web": 1}))
    restart.restart(environment)
    restart.carry_out(environment)
    assert running(environment) == ["v1 web.1"]
    assert environment.instances.get(state="up").ref not in before.values()
