"""Rows in the engine's words, as whole literals."""

from typing import Any

import pytest

from runtimes import spec
from runtimes.engine.base import Formation, JobSpec, Limits
from runtimes.models import Environment, Process, Release
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
