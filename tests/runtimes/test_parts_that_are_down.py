"""A router that is down during a deploy, and a Docker that is restarted: a clear end, and nothing half live."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runtimes import attention, deploy, journal
from runtimes.deploy import STEPS
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.faults import Canceled
from runtimes.models import Environment, Journal, Release
from runtimes.reconcile import reconcile, settle
from runtimes.watch import Watch
from tests import factories as make
from tests.doubles import move, routes, tell

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def serving(shared_db: None, engine: FakeEngine) -> Release:
    """A release that serves."""
    release = make.release(make.app().production)
    reconcile(release.environment)
    settle(release.environment)
    return release


@pytest.fixture
def record(serving: Release) -> Journal:
    """The journal of the next deploy."""
    made = make.record(serving.environment)
    journal.plan(made, STEPS)
    return made


def run(record: Journal, command: str = "serve", watch: Watch | None = None) -> Release:
    slug = make.slug(record.app, {"web": command})
    with journal.Writer(record) as log, watch or make.watch() as watching:
        return deploy.deploy(slug, record.environment, log, watching)


def names(engine: FakeEngine) -> list[str]:
    """The instances there are."""
    return [one.name.removeprefix(f"{engine.namespace}-") for one in engine.observe({"slipway.kind": "instance"})]


def refuse(_: Running) -> int:
    return 1


def count_serving(environment: Environment) -> int:
    return environment.instances.filter(state="up", release__state="live").count()


def test_a_router_that_stays_down_fails_the_release_and_nothing_is_half_live(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    before = routes(engine)
    tell(engine, refuse)
    with pytest.raises(EngineError, match="refused"):
        run(record)
    (release, old) = serving.environment.releases.all()
    assert (release.state, release.failure_reason, old.state) == ("failed", "platform", "live")
    assert record.steps.get(key="switch").state == "failed"
    assert "shop.production-v1-web.1" in names(engine)
    tell(engine)
    attention.look_after()
    assert (names(engine), routes(engine)) == (["shop.production-v1-web.1"], before)


def test_a_router_that_is_gone_is_named_and_its_routes_are_not_touched(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    engine.stop([f"{engine.namespace}-router"], grace=0)
    with pytest.raises(EngineError, match="The router is not running"):
        run(record)
    assert serving.environment.live == serving
    assert "shop.production-v1-web.1" in names(engine)


def test_a_deploy_waits_for_the_router_and_says_so(
    serving: Release, record: Journal, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ROUTER_SECONDS", 60)
    tries: list[dict[str, list[str]]] = []
    before = routes(engine)

    def late(process: Running) -> int:
        tries.append(routes(engine))
        return 1 if len(tries) < 4 else move(process)

    tell(engine, late)
    assert run(record).state == "live"
    assert tries == [before] * 4
    assert len([line for line in make.log_of(record) if "The switch waits for it; what runs goes on." in line]) == 1
    assert routes(engine) != before


def test_a_deploy_that_waits_for_the_router_can_be_canceled(
    serving: Release, record: Journal, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ROUTER_SECONDS", 60)
    tell(engine, refuse)
    with pytest.raises(Canceled):
        run(record, watch=Watch("worker", lambda: any("waits for it" in line for line in make.log_of(record))))
    assert serving.environment.live == serving
    assert record.releases.get().state == "canceled"
    assert "shop.production-v1-web.1" in names(engine)


@pytest.mark.parametrize("rows", ["another deploy", "nothing"])
def test_docker_restarted_in_the_middle_of_a_deploy_ends_it_clearly_and_what_served_comes_back(
    serving: Release, record: Journal, engine: FakeEngine, rows: str
) -> None:
    def lost(process: Running) -> int:
        engine.world.away = True
        process.sleep(3600)
        return 0

    engine.world.programs["lost"] = lost
    with pytest.raises(EngineError):
        run(record, "lost")
    release = record.releases.get()
    assert (release.state, release.failure_reason) == ("failed", "platform")
    come_back(engine)
    repair(serving.environment, engine)
    assert names(engine) == ["shop.production-v1-web.1"]
    assert len(routes(engine)["shop.localhost"]) == 1
    assert serving.environment.live == serving
    if rows == "another deploy":
        again = make.record(serving.environment)
        journal.plan(again, STEPS)
        assert run(again).state == "live"


def come_back(engine: FakeEngine) -> None:
    """Docker answers again; what ran has ended, and the router, which it restarts itself, runs."""
    engine.world.away = False
    engine.world.restart()
    engine.world.start(engine.world.find(f"{engine.namespace}-router"))


def repair(environment: Environment, engine: FakeEngine) -> None:
    """Let the periodic look come again until all is well; what crashed is due."""
    for _ in range(200):
        environment.instances.filter(state="crashed").update(ended_at=timezone.now() - timedelta(hours=1))
        attention.look_after()
        if count_serving(environment) == 1 and routes(engine)["shop.localhost"]:
            return
    pytest.fail("It does not come back.")
