"""The platform's own containers are made again by what makes them: the router once at a time, Redis unasked."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from runtimes import services, tasks
from runtimes.engine.docker_kwargs import INSTALLATION
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_container import Plan
from runtimes.engine.fake_files import Tree
from runtimes.holding import alone
from runtimes.models import Environment
from runtimes.reconcile import reconcile, settle
from runtimes.services import Caretaker
from tests import factories as make
from tests.doubles import queued

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

PATIENCE_SECONDS = 20


@pytest.fixture
def asked(settings: Settings, tmp_path: Path) -> Path:
    """The file in which is noted what was asked of that which makes the router."""
    settings.SERVICES, file = tmp_path / "services", tmp_path / "asked"
    install(settings.SERVICES, f'echo "${{@}}" >>{file}')
    return file


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """One whose instance somebody has removed."""
    made = make.app().production
    make.release(made)
    reconcile(made)
    settle(made)
    engine.stop([f"{engine.namespace}-shop.production-v1-web.1"], grace=0)
    return made


def install(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def names(engine: FakeEngine) -> list[str]:
    return [one.name.removeprefix(f"{engine.namespace}-") for one in engine.observe({"slipway.kind": "instance"})]


@pytest.mark.parametrize("how", ["removed", "stopped"])
def test_a_router_that_does_not_run_is_started_again_and_told_a_moment_later(
    engine: FakeEngine, asked: Path, how: str
) -> None:
    router = f"{engine.namespace}-router"
    if how == "removed":
        engine.stop([router], grace=0)
    else:
        engine.halt([router], grace=0)
    tasks.look_after()
    assert asked.read_text() == "router\n"
    assert ("runtimes.tasks.route", []) in queued()


def test_a_router_that_runs_is_left_alone(engine: FakeEngine, asked: Path) -> None:
    tasks.look_after()
    assert not asked.exists()


def test_two_looks_do_not_start_it_at_once(engine: FakeEngine, asked: Path) -> None:
    engine.stop([f"{engine.namespace}-router"], grace=0)
    with alone("services"):
        tasks.look_after()
    assert not asked.exists()


@pytest.mark.parametrize("script", ["echo 'Port 8080 is taken.' && exit 1", None])
def test_where_it_cannot_be_started_everything_else_is_looked_after(
    environment: Environment,
    engine: FakeEngine,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    script: str | None,
) -> None:
    settings.SERVICES = tmp_path / "services"
    if script:
        install(settings.SERVICES, script)
    engine.stop([f"{engine.namespace}-router"], grace=0)
    assert not services.repair()
    assert ("Port 8080 is taken." in caplog.text) == bool(script)
    tasks.look_after()
    assert names(engine) == ["shop.production-v1-web.1"]


def redis(engine: FakeEngine) -> str:
    """Run Redis in the pretended daemon; return its container."""
    labels = {INSTALLATION: engine.namespace, "slipway.role": "redis"}
    plan = Plan(f"{engine.namespace}-redis", "slipway/redis", ("sleep", "infinity"), {}, labels, Tree())
    container = engine.world.create(plan)
    engine.world.start(container)
    return container.ref


def test_redis_is_made_anew_when_it_is_gone_and_stays_away(engine: FakeEngine, asked: Path) -> None:
    container, caretaker = redis(engine), Caretaker()
    caretaker.look()
    engine.world.remove(container)
    caretaker.look()
    assert not asked.exists(), "Somebody may be making it."
    caretaker.look()
    assert asked.read_text() == "redis\n"


def test_redis_that_is_stopped_is_left_alone(engine: FakeEngine, asked: Path) -> None:
    caretaker = Caretaker()
    engine.halt([redis(engine)], grace=0)
    caretaker.look()
    caretaker.look()
    assert not asked.exists()


def test_the_care_for_redis_goes_on_when_docker_answers_again(
    engine: FakeEngine, asked: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(services, "LOOK_SECONDS", 0.005)
    engine.world.away, caretaker = True, Caretaker()
    caretaker.start()
    wait_for(lambda: "The caretaker of Redis could not do its work" in caplog.text)
    engine.world.away = False
    wait_for(asked.exists)
    caretaker.stop()
    caretaker.join()


def wait_for(fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.005)
