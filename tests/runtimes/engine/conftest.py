"""Engines to test, each with an installation of its own that is gone afterwards."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from runtimes.engine import connect
from runtimes.engine.base import Engine, JobSpec, Observed
from runtimes.engine.docker_client import DockerClient
from runtimes.engine.fake import FakeEngine

IMAGE = "slipway/debian-12:run"
PATIENCE_SECONDS = 60


@pytest.fixture(
    params=[pytest.param("fake", marks=pytest.mark.thorough), pytest.param("docker", marks=pytest.mark.docker)]
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn."""
    made = connect(request.param, f"slipway-test-{secrets.token_hex(4)}")
    yield made
    if request.param == "docker":
        _clean_up(made.namespace)


@pytest.fixture
def docker_engine() -> Iterator[Engine]:
    """The real one, for what can be seen there only."""
    made = connect("docker", f"slipway-test-{secrets.token_hex(4)}")
    yield made
    _clean_up(made.namespace)


@pytest.fixture
def docker_client() -> Iterator[DockerClient]:
    """The connection below the real one."""
    made = DockerClient(f"slipway-test-{secrets.token_hex(4)}")
    yield made
    _clean_up(made.namespace)


def held(engine: Engine) -> dict[str, set[str]]:
    """Return what the daemon holds of an installation, by kind."""
    if isinstance(engine, FakeEngine):
        return _held_by_fake(engine)
    return _held_by_docker(engine.namespace)


def job(*command: str, **more: object) -> JobSpec:
    """Return a job with a name of its own."""
    return JobSpec(name=f"job-{secrets.token_hex(4)}", image=IMAGE, command=command, **more)  # type: ignore[arg-type]


def ended(engine: Engine) -> Observed:
    """Return the one instance when it has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        (one,) = engine.observe()
        if one.state == "exited":
            return one
        time.sleep(0.02)
    pytest.fail("The instance goes on.")


def _held_by_fake(engine: FakeEngine) -> dict[str, set[str]]:
    world, mine = engine.world, engine.namespace
    return {
        "containers": {one.plan.name for one in world.containers.values() if one.plan.name.startswith(mine)},
        "networks": {name for name in world.networks if name.startswith(mine)},
        "volumes": {name for name in world.volumes if name.startswith(mine)},
        "images": {name for name in world.images if name.startswith(mine)},
    }


def _held_by_docker(namespace: str) -> dict[str, set[str]]:
    client = docker.from_env()
    mine: dict[str, Any] = {"label": f"slipway.installation={namespace}"}
    return {
        "containers": {str(one.name) for one in client.containers.list(all=True, filters=mine)},
        "networks": {str(one.id) for one in client.networks.list(filters=mine)},
        "volumes": {str(one.name) for one in client.volumes.list(filters=mine)},
        "images": {
            str(one.id)
            for kind in (mine, {"reference": f"{namespace}/*"})
            for one in client.images.list(all=True, filters=kind)
        },
    }


def _clean_up(namespace: str) -> None:
    client = docker.from_env()
    mine: dict[str, Any] = {"label": f"slipway.installation={namespace}"}
    for container in client.containers.list(all=True, filters=mine):
        container.remove(v=True, force=True)
    for network in client.networks.list(filters=mine):
        network.remove()
    for volume in client.volumes.list(filters=mine):
        volume.remove()
    for image in client.images.list(filters=mine):
        client.images.remove(str(image.id), force=True)
    for image in client.images.list(filters={"reference": f"{namespace}/*"}):  # others made these, without our label
        for tag in [tag for tag in image.tags if tag.startswith(f"{namespace}/")]:
            client.images.remove(tag, force=True)
