"""Rows in the engine's words, as whole literals."""

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
        env={"COLOUR": "red", "MEMORY_AVAILABLE": "256"},
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
        env={"COLOUR": "red", "MEMORY_AVAILABLE": "512", "DYNO": "release.1"},
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


def test_config_does_not_show_in_a_representation(release: Release) -> None:
    process = Process(environment=release.environment, name="web", quantity=1)
    assert "red" not in repr(spec.formation(release, process, "x")) + repr(spec.release_job(release, "x"))
