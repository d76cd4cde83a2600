"""From a slug to a release that serves, or to a sentence that says why it does not."""

from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from runtimes import journal
from runtimes.config import set_vars
from runtimes.deploy import STEPS, deploy
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.faults import Canceled, PlatformFailed, ReleaseFailed
from runtimes.journal import Writer
from runtimes.models import Environment, Journal, Process, Release
from runtimes.reconcile import reconcile
from runtimes.watch import Watch
from tests import factories as make
from tests.doubles import queued, routes, tell, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def environment(shared_db: None) -> Environment:
    return make.app().production


@pytest.fixture
def record(environment: Environment) -> Journal:
    return planned(environment)


@pytest.fixture
def serving(environment: Environment, engine: FakeEngine) -> Release:
    """A release that serves already."""
    release = run(environment)
    queued()
    return release


def planned(environment: Environment) -> Journal:
    """A journal with the steps of a deploy."""
    made = make.record(environment)
    journal.plan(made, STEPS)
    return made


def run(
    environment: Environment,
    commands: dict[str, str] | None = None,
    record: Journal | None = None,
    watch: Watch | None = None,
    **facts: Any,
) -> Release:
    """Deploy a slug with these commands."""
    slug = make.slug(environment.app, commands, **facts)
    with Writer(record or planned(environment)) as log, watch or make.watch() as watching:
        return deploy(slug, environment, log, watching)


def running(engine: FakeEngine) -> list[str]:
    """The containers there are, without the router."""
    return [one.name.removeprefix(f"{engine.namespace}-") for one in engine.observe() if "slipway.app" in one.labels]


def states(record: Journal) -> dict[str, str]:
    return dict(record.steps.values_list("key", "state"))


def fails(environment: Environment, record: Journal, commands: dict[str, str] | None = None, **facts: Any) -> Release:
    """Deploy what cannot serve; return the failed release."""
    with pytest.raises(ReleaseFailed) as caught:
        run(environment, commands, record, **facts)
    release = record.releases.get()
    assert release.state == "failed"
    assert (release.failure, release.failure_reason) == (caught.value.message, caught.value.reason)
    return release


def test_the_first_release_serves(environment: Environment, record: Journal, engine: FakeEngine) -> None:
    release = run(environment, record=record)
    assert (release.state, release.version) == ("live", "v1")
    assert environment.live == release
    assert running(engine) == ["shop.production-v1-web.1"]
    assert len(routes(engine)["shop.localhost"]) == 1
    assert states(record) == {"release": "skipped", "start": "done", "healthy": "done", "switch": "done"}
    assert make.log_of(record)[-1] == f"-----> v1 is live at {environment.url}"


def test_the_next_one_takes_over_and_the_one_before_goes(serving: Release, engine: FakeEngine) -> None:
    environment = serving.environment
    before = routes(engine)
    release = run(environment)
    serving.refresh_from_db()
    assert (serving.state, release.version) == ("retired", "v2")
    assert routes(engine) != before
    assert ("runtimes.tasks.bring_in_line", [environment.pk]) in queued()
    reconcile(environment)
    assert running(engine) == ["shop.production-v2-web.1"]


def test_the_one_before_serves_until_the_new_one_does(serving: Release, engine: FakeEngine) -> None:
    seen: list[dict[str, list[str]]] = []

    def late(process: Running) -> int:
        seen.append(routes(engine))
        return process.run("serve")

    before = routes(engine)
    engine.world.programs["late"] = late
    run(serving.environment, {"web": "late"})
    assert seen == [before]
    assert "shop.production-v1-web.1" in running(engine)


def test_the_config_is_frozen_with_the_release(environment: Environment, engine: FakeEngine) -> None:
    set_vars(environment.app, {"COLOUR": "red", "SIZE": "1"})
    set_vars(environment.app, {"COLOUR": "blue"}, environment)
    release = run(environment)
    set_vars(environment.app, {"COLOUR": "green"}, environment)
    release.refresh_from_db()
    assert release.config == {"COLOUR": "blue", "SIZE": "1"}
    (container,) = (one for one in engine.world.containers.values() if "web" in one.plan.name)
    assert container.plan.env["COLOUR"] == "blue"
    assert (container.plan.env["PORT"], container.plan.env["DYNO"]) == ("5000", "web.1")


def test_the_release_command_runs_once_before_any_instance(
    environment: Environment, record: Journal, engine: FakeEngine
) -> None:
    set_vars(environment.app, {"GREETING": "hello"})
    ran: list[list[str]] = []

    def migrate(process: Running) -> int:
        ran.append(running(engine))
        process.write(f"{process.env['GREETING']} from {process.env['DYNO']}\n".encode())
        return 0

    engine.world.programs["migrate"] = migrate
    run(environment, record=record, release_command="migrate")
    assert ran == [["shop.production-v1-release"]]
    assert "hello from release.1" in make.log_of(record)
    assert states(record)["release"] == "done"
    assert running(engine) == ["shop.production-v1-web.1"]


def test_a_release_command_that_fails_ends_it_before_anything_starts(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    before = routes(engine)
    release = fails(serving.environment, record, release_command="echo no such table; exit 4")
    assert (release.failure_reason, release.exit_code) == ("release-command", 4)
    assert "exit status 4" in release.failure
    assert "no such table" in make.log_of(record)
    assert states(record) == {"release": "failed", "start": "waiting", "healthy": "waiting", "switch": "waiting"}
    assert (running(engine), routes(engine)) == (["shop.production-v1-web.1"], before)


def test_a_release_command_that_overstays_is_ended(
    environment: Environment, record: Journal, engine: FakeEngine, settings: Settings
) -> None:
    settings.RELEASE_TIMEOUT = 0
    release = fails(environment, record, release_command="sleep infinity")
    assert release.failure_reason == "release-timeout"
    assert running(engine) == []


def test_an_app_that_ends_at_its_start_fails_the_release_and_the_one_before_serves(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    before = routes(engine)
    release = fails(serving.environment, record, {"web": "echo cannot import wsgi; exit 3"})
    assert (release.failure_reason, release.exit_code) == ("crashed", 3)
    assert "web.1" in release.failure
    assert "exit status 3" in release.failure
    assert any("cannot import wsgi" in line for line in make.log_of(record))
    assert states(record)["healthy"] == "failed"
    assert (running(engine), routes(engine)) == (["shop.production-v1-web.1"], before)
    serving.refresh_from_db()
    assert serving.state == "live"


def test_an_app_that_runs_out_of_memory_is_told_so(
    environment: Environment, record: Journal, engine: FakeEngine
) -> None:
    release = fails(environment, record, {"web": "tail /dev/zero"})
    assert "ran out of memory" in release.failure
    assert running(engine) == []


def test_an_app_that_does_not_listen_fails_the_release(serving: Release, record: Journal, engine: FakeEngine) -> None:
    environment = serving.environment
    Process.objects.filter(environment=environment).update(start_period=0)
    release = fails(environment, record, {"web": "echo starting; exec sleep infinity"})
    assert release.failure_reason == "not-listening"
    assert "$PORT" in release.failure
    assert any("starting" in line for line in make.log_of(record))
    assert running(engine) == ["shop.production-v1-web.1"]


def test_one_instance_of_several_that_does_not_come_up_is_enough(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    environment = serving.environment
    Process.objects.filter(environment=environment).update(quantity=3)
    engine.world.programs["moody"] = lambda process: 9 if process.env["DYNO"] == "web.2" else process.run("serve")
    release = fails(environment, record, {"web": "moody"})
    assert (release.failure_reason, release.exit_code) == ("crashed", 9)
    assert "web.2" in release.failure
    assert running(engine) == [f"shop.production-v1-web.{index}" for index in (1, 2, 3)]


def test_an_app_that_comes_up_at_its_second_try_serves(environment: Environment, engine: FakeEngine) -> None:
    tries: list[int] = []

    def flaky(process: Running) -> int:
        tries.append(1)
        return process.run("serve") if len(tries) > 2 else 1

    engine.world.programs["flaky"] = flaky
    assert run(environment, {"web": "flaky"}).state == "live"
    assert len(tries) == 3


def test_an_app_without_process_types_is_told_what_to_add(
    environment: Environment, record: Journal, engine: FakeEngine
) -> None:
    release = fails(environment, record, {})
    assert release.failure_reason == "no-process-types"
    assert "Procfile" in release.failure


def test_an_app_that_is_scaled_to_nothing_is_live_without_an_instance(
    environment: Environment, engine: FakeEngine
) -> None:
    assert run(environment, {"worker": "sleep infinity"}).state == "live"
    assert running(engine) == []
    assert routes(engine) == {"shop.localhost": []}


def test_an_instance_that_somebody_removes_meanwhile_does_not_count_as_well(
    environment: Environment, engine: FakeEngine
) -> None:
    begun: list[str] = []

    def removed(process: Running) -> int:
        begun.append(process.env["DYNO"])
        if len(begun) > 1:
            return process.run("serve")
        for one in engine.observe({"slipway.process": "web"}):
            engine.world.remove(one.ref)
        process.sleep(60)
        return 0

    engine.world.programs["removed"] = removed
    assert run(environment, {"web": "removed"}).state == "live"
    assert begun == ["web.1", "web.1"]
    assert len(routes(engine)["shop.localhost"]) == 1


def test_canceling_while_the_release_command_runs_ends_it(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    wish: list[bool] = []

    def endless(process: Running) -> int:
        wish.append(True)
        process.sleep(3600)
        return 0

    engine.world.programs["endless"] = endless
    with pytest.raises(Canceled):
        run(serving.environment, None, record, Watch("worker", lambda: bool(wish)), release_command="endless")
    assert record.releases.get().state == "canceled"
    assert states(record)["release"] == "canceled"
    assert running(engine) == ["shop.production-v1-web.1"]


@pytest.mark.parametrize("when", ["healthy", "switch"])
def test_canceling_before_the_switch_leaves_the_one_before(
    serving: Release, record: Journal, engine: FakeEngine, when: str
) -> None:
    before = routes(engine)
    command = "sleep infinity" if when == "healthy" else "serve"
    reached = {"healthy": "running", "switch": "waiting"}

    def wish() -> bool:
        steps = states(record)
        return (steps["healthy"] == "done") if when == "switch" else steps["healthy"] == reached[when]

    with pytest.raises(Canceled):
        run(serving.environment, {"web": command}, record, Watch("worker", wish))
    assert record.releases.get().state == "canceled"
    assert (running(engine), routes(engine)) == (["shop.production-v1-web.1"], before)


def test_a_release_that_was_ended_meanwhile_does_not_go_live(
    serving: Release, record: Journal, engine: FakeEngine
) -> None:
    """Its worker was thought dead; what it does late must not win."""

    def reaped(process: Running) -> int:
        assert record.releases.get().move("failed", ended_at=timezone.now())
        connection.close()
        return process.run("serve")

    before = routes(engine)
    engine.world.programs["reaped"] = reaped
    with pytest.raises(Canceled):
        run(serving.environment, {"web": "reaped"}, record)
    serving.refresh_from_db()
    assert (serving.state, record.releases.get().state) == ("live", "failed")
    assert routes(engine) == before


@pytest.mark.parametrize("trouble", ["engine", "slug", "router"])
def test_the_platforms_fault_reads_differently(
    serving: Release, record: Journal, engine: FakeEngine, trouble: str
) -> None:
    slug = make.slug(serving.environment.app)
    if trouble == "engine":
        engine.world.away = True
    elif trouble == "slug":
        storages["slugs"].delete(slug.key)
    else:
        tell(engine, lambda _: 1)
    with Writer(record) as log, make.watch() as watch, pytest.raises((EngineError, PlatformFailed)):
        deploy(slug, serving.environment, log, watch)
    release = record.releases.get()
    assert (release.state, release.failure_reason) == ("failed", "platform")
    assert release.failure.startswith("The platform failed, not your app")


def test_two_deploys_of_one_environment_go_one_after_the_other(environment: Environment, engine: FakeEngine) -> None:
    releases = together(*[lambda: run(Environment.objects.get(pk=environment.pk))] * 3)
    assert sorted(release.number for release in releases) == [1, 2, 3]
    assert sorted(environment.releases.values_list("state", flat=True)) == ["live", "retired", "retired"]
    assert environment.live == max(releases, key=lambda release: release.number)
    reconcile(environment)
    assert running(engine) == ["shop.production-v3-web.1"]


def test_the_secrets_of_the_config_are_not_in_the_log(environment: Environment, engine: FakeEngine) -> None:
    set_vars(environment.app, {"TOKEN": "correct-horse-battery"})
    record = planned(environment)
    slug = make.slug(environment.app, release_command="printenv TOKEN; exit 1")
    with Writer(record, ["correct-horse-battery"]) as log, make.watch() as watch, pytest.raises(ReleaseFailed):
        deploy(slug, environment, log, watch)
    assert "correct-horse" not in str(make.log_of(record))


def test_of_a_slug_restored_once_all_instances_are_started(environment: Environment, engine: FakeEngine) -> None:
    slug = make.slug(environment.app)
    for _ in range(2):
        with Writer(planned(environment)) as log, make.watch() as watch:
            deploy(slug, environment, log, watch)
        storages["slugs"].delete(slug.key)
    assert environment.live is not None
    assert environment.live.version == "v2"
