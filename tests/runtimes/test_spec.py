"""Rows in the engine's words, as whole literals."""

from typing import Any

import pytest

from runtimes import spec
from runtimes.engine.base import Formation, JobSpec, Limits
from runtimes.models import Environment, OneOff, Process, Release, Shell
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(db: None) -> Release:
    of = make.slug(make.app(), {"web": "gunicorn wsgi", "worker": "celery"}, release_command="migrate")
    config = {"COLOUR": "red", "MEMORY_AVAILABLE": "mine"}
    return make.release(of.app.production, of=of, config=config, release_command="migrate")


def test_a_formation_of_web(release: Release) -> None:
    process = Process(
        environment=release.environment, name="web", quantity=2, memory=256, cpus=0.5, grace=7, start_period=9
    )
    assert spec.formation(release, process, "slug:1", resting=frozenset({2})) == Formation(
        name="shop.production-v1-web",
        process="web",
        image="slug:1",
        command="gunicorn wsgi",
        indexes=(1, 2),
        env={"COLOUR": "red", "MEMORY_AVAILABLE": "mine"},
        labels={
            "slipway.app": "shop",
            "slipway.environment": "production",
            "slipway.release": "1",
            "slipway.process": "web",
        },
        network="apps",
        limits=Limits(memory=256, cpus=0.5, pids=512),
        port=5000,
        grace=7,
        resting=frozenset({2}),
    )


def test_a_worker_has_no_port_and_a_stopped_environment_no_instances(release: Release) -> None:
    worker = Process(environment=Environment(stopped=True), name="worker", quantity=3)
    formation = spec.formation(release, worker, "slug:1")
    assert (formation.port, formation.indexes) == (None, ())


def test_a_release_command(release: Release) -> None:
    assert spec.release_job(release, "slug:1") == JobSpec(
        name="shop.production-v1-release",
        image="slug:1",
        command=("/usr/local/bin/slipway-run", "migrate"),
        env={"COLOUR": "red", "MEMORY_AVAILABLE": "mine", "DYNO": "release.1"},
        labels={
            "slipway.app": "shop",
            "slipway.environment": "production",
            "slipway.release": "1",
            "slipway.process": "release",
        },
        network="apps",
        limits=Limits(memory=512, cpus=1.0, pids=512),
        workdir="/app",
    )


@pytest.fixture
def of_image(db: None) -> Release:
    environment = make.app().production
    facts: dict[str, Any] = {"commands": {"web": ""}, "release_command": "migrate", "port": 80}
    return make.release(environment, of=make.image(environment.app), **facts)


def test_a_formation_of_an_image_is_asked_where_it_listens_and_keeps_its_entry_point(of_image: Release) -> None:
    process = Process(environment=of_image.environment, name="web", quantity=1)
    formation = spec.formation(of_image, process, "image:1")
    assert (formation.command, formation.entrypoint, formation.port) == ("", False, 80)


def test_commands_in_an_image_run_by_its_shell_as_its_user_in_its_directory(of_image: Release) -> None:
    job = spec.release_job(of_image, "image:1")
    assert (job.command, job.user, job.workdir, job.foreign) == (("/bin/sh", "-c", "migrate"), "", "", True)
    asked = spec.health_command(of_image, Process(health_command="true", timeout=5))
    assert asked == ("timeout", "-k", "1", "5", "/bin/sh", "-c", "true")


def test_config_does_not_show_in_a_representation(release: Release) -> None:
    process = Process(environment=release.environment, name="web", quantity=1)
    assert "red" not in repr(spec.formation(release, process, "x")) + repr(spec.release_job(release, "x"))


def test_a_command_that_somebody_runs(release: Release) -> None:
    one = OneOff(pk=7, number=3, release=release, command="flask seed")
    assert spec.one_off_job(one, "slug:1", Limits(memory=256, cpus=0.5, pids=512)) == JobSpec(
        name="shop.production-v1-run.3",
        image="slug:1",
        command=("/usr/local/bin/slipway-run", "exec 2>&1\nflask seed"),
        env={"COLOUR": "red", "MEMORY_AVAILABLE": "mine", "DYNO": "run.3"},
        labels={
            "slipway.app": "shop",
            "slipway.environment": "production",
            "slipway.release": "1",
            "slipway.process": "run",
            "slipway.oneoff": "7",
        },
        network="apps",
        limits=Limits(memory=256, cpus=0.5, pids=512),
        workdir="/app",
    )


def test_a_container_in_which_somebody_has_a_shell(release: Release) -> None:
    job = spec.shell_job(Shell(pk=7, release=release), "slug:1", Limits())
    assert (job.name, job.command, job.env["DYNO"]) == (
        "shop.production-v1-shell.7",
        ("sleep", "infinity"),
        "shell.7",
    )
    assert job.labels["slipway.shell"] == "7"
    assert spec.shell_command(release) == ("/usr/local/bin/slipway-run", "exec bash")


def test_what_is_run_by_hand_may_use_what_web_may_and_else_what_the_first_type_may(release: Release) -> None:
    environment = release.environment
    assert spec.hand_limits(environment) == Limits(memory=512, cpus=1.0, pids=512)
    environment.processes.filter(name="web").update(memory=300)
    assert spec.hand_limits(environment).memory == 300
    environment.processes.filter(name="web").delete()
    environment.processes.update(memory=64)
    assert spec.hand_limits(environment).memory == 64
    environment.processes.all().delete()
    assert spec.hand_limits(environment).memory == 512


def test_by_hand_an_image_is_entered_by_its_own_shell_as_its_user(of_image: Release) -> None:
    job = spec.one_off_job(OneOff(pk=7, number=3, release=of_image, command="seed"), "image:1", Limits())
    assert (job.command, job.user, job.workdir) == (("/bin/sh", "-c", "exec 2>&1\nseed"), "", "")
    assert spec.shell_job(Shell(pk=7, release=of_image), "image:1", Limits()).foreign
    assert spec.shell_command(of_image)[:2] == ("/bin/sh", "-c")
