"""What runs is made what should run, and only the difference is touched."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from runtimes import attention, router
from runtimes.engine.base import EngineError, EngineUnreachable
from runtimes.engine.fake import FakeEngine
from runtimes.models import Environment, Instance, Process, Release
from runtimes.reconcile import bring_up, reconcile, settle
from tests import factories as make
from tests.doubles import routes, tell, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def environment(shared_db: None) -> Environment:
    return make.app().production


def refs(engine: FakeEngine, environment: Environment) -> dict[str, str]:
    """The containers of an environment by release and name of their instance."""
    observed = engine.observe({"slipway.app": environment.app.name, "slipway.environment": environment.name})
    return {
        f"v{one.labels['slipway.release']} {one.labels['slipway.process']}.{one.index}": one.ref for one in observed
    }


def scale(environment: Environment, quantity: int, process: str = "web") -> None:
    Process.objects.filter(environment=environment, name=process).update(quantity=quantity)


def states(environment: Environment) -> dict[str, str]:
    """The states of an environment's instances, by name."""
    return {each.name: each.state for each in environment.instances.exclude(state="down")}


def long_ago(environment: Environment) -> None:
    """Let the crashed instances' time to be started again have come."""
    environment.instances.filter(state="crashed").update(ended_at=timezone.now() - timedelta(hours=1))


def test_what_is_missing_of_the_live_release_is_started(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    reconcile(environment)
    assert list(refs(engine, environment)) == ["v1 web.1"]
    settle(environment)
    assert states(environment) == {"web.1": "up"}


def test_a_second_pass_touches_nothing(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    reconcile(environment)
    before = refs(engine, environment)
    reconcile(environment)
    assert refs(engine, environment) == before


def test_scaling_up_starts_only_the_difference(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    scale(environment, 2)
    reconcile(environment)
    before = refs(engine, environment)
    scale(environment, 4)
    reconcile(environment)
    after = refs(engine, environment)
    assert after.items() > before.items()
    assert list(after) == ["v1 web.1", "v1 web.2", "v1 web.3", "v1 web.4"]


def test_scaling_down_stops_only_the_difference(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    scale(environment, 3)
    reconcile(environment)
    settle(environment)
    before = refs(engine, environment)
    scale(environment, 1)
    reconcile(environment)
    assert refs(engine, environment) == {"v1 web.1": before["v1 web.1"]}
    assert states(environment) == {"web.1": "up"}


def test_what_serves_is_not_ended_because_somebody_scaled_down_a_moment_ago(
    environment: Environment, engine: FakeEngine
) -> None:
    release = make.release(environment)
    scale(environment, 3)
    reconcile(environment)
    settle(environment)
    scale(environment, 1)  # after the surplus was dismissed, before what is missing is started
    bring_up(release)
    assert list(refs(engine, environment)) == ["v1 web.1", "v1 web.2", "v1 web.3"]
    reconcile(environment)
    assert list(refs(engine, environment)) == ["v1 web.1"]


def test_the_router_knows_the_instances_that_are_up_and_no_others(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    scale(environment, 2)
    reconcile(environment)
    router.sync()
    assert routes(engine) == {"shop.localhost": []}
    settle(environment)
    addresses = environment.instances.filter(state="up").values_list("address", flat=True)
    assert sorted(routes(engine)["shop.localhost"]) == sorted(f"{address}:5000" for address in addresses)
    assert len(addresses) == 2
    scale(environment, 0)
    reconcile(environment)
    assert routes(engine) == {"shop.localhost": []}


def test_a_worker_process_gets_no_requests(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment, of=make.slug(environment.app, {"worker": "sleep infinity"}))
    scale(environment, 1, "worker")
    reconcile(environment)
    settle(environment)
    assert states(environment) == {"worker.1": "up"}
    assert routes(engine) == {"shop.localhost": []}


def test_what_somebody_removed_by_hand_is_started_again(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    reconcile(environment)
    settle(environment)
    (before,) = refs(engine, environment).values()
    engine.world.remove(before)
    reconcile(environment)
    settle(environment)
    assert list(refs(engine, environment)) == ["v1 web.1"]
    assert refs(engine, environment)["v1 web.1"] != before
    assert states(environment) == {"web.1": "up"}


def test_everything_comes_back_after_a_reboot(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    scale(environment, 2)
    reconcile(environment)
    settle(environment)
    engine.world.restart()
    engine.world.start(engine.world.find(f"{engine.namespace}-router"))
    reconcile(environment)
    assert routes(engine) == {"shop.localhost": []}
    long_ago(environment)
    reconcile(environment)
    settle(environment)
    assert states(environment) == {"web.1": "up", "web.2": "up"}
    assert len(routes(engine)["shop.localhost"]) == 2


def test_an_instance_that_crashed_waits_for_its_time(
    environment: Environment, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtimes.reconcile.BACK_OFF", timedelta(minutes=1))
    make.release(environment, of=make.slug(environment.app, {"web": "exit 3"}))
    reconcile(environment)
    engine.world.find(refs(engine, environment)["v1 web.1"]).wait()
    reconcile(environment)
    instance = environment.instances.get()
    assert (instance.state, instance.exit_code, instance.crashes) == ("crashed", 3, 1)
    began = instance.started_at
    reconcile(environment)
    instance.refresh_from_db()
    assert (instance.started_at, instance.crashes) == (began, 1)
    long_ago(environment)
    reconcile(environment)
    instance.refresh_from_db()
    assert instance.started_at != began


def test_each_crash_counts_however_quick_it_was(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment, of=make.slug(environment.app, {"web": "exit 3"}))
    for count in range(1, 6):
        long_ago(environment)
        reconcile(environment)
        engine.world.find(refs(engine, environment)["v1 web.1"]).wait()
        environment.instances.filter(state="crashed").update(ended_at=timezone.now() + timedelta(hours=1))
        reconcile(environment)
        assert environment.instances.get().crashes == count


@pytest.mark.parametrize("state", ["failed", "canceled", "retired"])
def test_what_a_release_left_behind_that_is_over_is_removed(
    environment: Environment, engine: FakeEngine, state: str
) -> None:
    old = make.release(environment)
    reconcile(environment)
    Release.objects.filter(pk=old.pk).update(state=state, ended_at=timezone.now())
    new = make.release(environment)
    reconcile(environment)
    assert list(refs(engine, environment)) == [f"v{new.number} web.1"]
    assert states(environment) == {"web.1": "starting"}
    assert old.instances.get().state == "down"


def test_a_retired_release_goes_on_until_requests_on_their_way_have_arrived(
    environment: Environment, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtimes.reconcile.DRAIN", timedelta(hours=1))
    old = make.release(environment)
    reconcile(environment)
    assert old.move("retired", ended_at=timezone.now())
    reconcile(environment)
    assert list(refs(engine, environment)) == ["v1 web.1"]


def test_the_instances_of_a_release_on_its_way_are_left_alone(environment: Environment, engine: FakeEngine) -> None:
    release = make.release(environment)
    reconcile(environment)
    Release.objects.filter(pk=release.pk).update(state="pending")
    before = refs(engine, environment)
    reconcile(environment)
    assert refs(engine, environment) == before


def test_a_container_of_a_release_that_nobody_knows_is_removed(environment: Environment, engine: FakeEngine) -> None:
    release = make.release(environment)
    reconcile(environment)
    release.delete()
    reconcile(environment)
    assert refs(engine, environment) == {}


def test_rows_that_were_lost_are_made_again_from_what_the_engine_knows(
    environment: Environment, engine: FakeEngine
) -> None:
    make.release(environment)
    scale(environment, 2)
    reconcile(environment)
    settle(environment)
    before = refs(engine, environment)
    Instance.objects.all().delete()
    reconcile(environment)
    settle(environment)
    assert refs(engine, environment) == before
    assert states(environment) == {"web.1": "up", "web.2": "up"}
    assert sorted(environment.instances.values_list("ref", flat=True)) == sorted(before.values())


def test_other_apps_and_other_installations_are_none_of_its_business(
    environment: Environment, engine: FakeEngine
) -> None:
    other = make.app("blog").production
    make.release(other)
    reconcile(other)
    stranger = FakeEngine("another", engine.world)
    stranger.ensure_network("builds")
    make.release(environment)
    with stranger.job(make.job_like("sleep", "infinity", labels={"slipway.app": "shop"})):
        before = refs(engine, other)
        reconcile(environment)
        scale(environment, 0)
        reconcile(environment)
        assert refs(engine, other) == before
        assert len(stranger.observe()) == 1


def test_names_that_read_alike_when_they_are_put_together_stay_apart(engine: FakeEngine) -> None:
    one = Environment.objects.create(app=make.app("shop"), name="eu-staging")
    other = Environment.objects.create(app=make.app("shop-eu"), name="staging")
    for environment in (one, other):
        make.release(environment)
        reconcile(environment)
    assert len(refs(engine, one)) == len(refs(engine, other)) == 1
    assert refs(engine, one) != refs(engine, other)
    scale(one, 0)
    reconcile(one)
    assert (len(refs(engine, one)), len(refs(engine, other))) == (0, 1)


def test_two_who_reconcile_at_once_start_each_instance_once(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    scale(environment, 3)
    together(*[lambda: reconcile(Environment.objects.get(pk=environment.pk))] * 3)
    assert len(refs(engine, environment)) == 3
    assert sorted(states(environment)) == ["web.1", "web.2", "web.3"]


def test_trouble_with_one_environment_does_not_keep_the_others_waiting(
    environment: Environment, engine: FakeEngine
) -> None:
    broken = make.release(environment)
    assert broken.slug
    storages["slugs"].delete(broken.slug.key)
    other = make.app("blog").production
    make.release(other)
    attention.look_after()
    assert refs(engine, environment) == {}
    assert list(refs(engine, other)) == ["v1 web.1"]


def test_an_app_that_is_going_is_not_started_again(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    environment.app.destroyed_at = timezone.now()
    environment.app.save()
    attention.look_after()
    assert refs(engine, environment) == {}


def test_the_look_after_everything_brings_up_what_starts(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    attention.look_after()
    while states(environment) != {"web.1": "up"}:
        attention.look_after()
    attention.look_after()
    assert len(routes(engine)["shop.localhost"]) == 1


def test_an_engine_that_does_not_answer_changes_no_row(environment: Environment, engine: FakeEngine) -> None:
    make.release(environment)
    reconcile(environment)
    settle(environment)
    engine.world.away = True
    with pytest.raises(EngineUnreachable):
        reconcile(environment)
    attention.look_after()
    assert states(environment) == {"web.1": "up"}


def test_nothing_is_ended_before_the_router_knows(environment: Environment, engine: FakeEngine) -> None:
    old = make.release(environment)
    reconcile(environment)
    settle(environment)
    assert old.move("retired", ended_at=timezone.now())
    make.release(environment)
    tell(engine, lambda _: 1)
    with pytest.raises(EngineError, match="refused"):
        reconcile(environment)
    assert "v1 web.1" in refs(engine, environment)
    tell(engine)
    reconcile(environment)
    assert list(refs(engine, environment)) == ["v2 web.1"]
