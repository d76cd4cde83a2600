"""A stack of real images that know nothing of Slipway: adopted, then built and run with."""

import secrets
from collections.abc import Iterator

import docker
import pytest
from pytest_django import Settings

from builds import adopt, stacks
from runtimes import installation
from runtimes.engine.base import Engine, Exit, JobSpec
from runtimes.models import Stack

pytestmark = pytest.mark.docker

# A foreign build image is made of the one there is: without anything of ours, and without its user.
FORGET = (
    "rm -rf /usr/local/lib/slipway /usr/local/bin/slipway-run /usr/local/bin/uv /usr/local/share/slipway /slipway /app "
    "/usr/lib/python3/dist-packages/yaml /etc/apt/sources.list; sed -i /:1000:/d /etc/passwd /etc/group"
)


@pytest.fixture
def real(settings: Settings) -> Iterator[Engine]:
    """An engine of its own on the machine's daemon, which the code under test gets too."""
    settings.ENGINE, settings.NAMESPACE = "docker", f"slipway-test-{secrets.token_hex(4)}"
    installation.engine.cache_clear()
    yield installation.engine()
    installation.engine.cache_clear()


@pytest.fixture
def foreign(real: Engine) -> Iterator[str]:
    """The name of an image without anything of ours."""
    client, name = docker.from_env(), f"{real.namespace}-foreign"
    container = client.containers.create("slipway/debian-12:build", ["bash", "-c", FORGET], user="root")
    container.start()
    container.wait()
    container.commit(name, "latest", changes=["USER root", "ENTRYPOINT []"])
    container.remove()
    yield name
    client.images.remove(f"{name}:latest", force=True)
    client.close()


def said(engine: Engine, image: str, *command: str) -> tuple[str, Exit]:
    """What a command prints in an image, and how it ends."""
    spec = JobSpec(name=f"job-{secrets.token_hex(4)}", image=image, command=command)
    with engine.job(spec) as job:
        return b"".join(job.output()).decode(), job.wait()


def test_a_foreign_image_becomes_a_stack_that_builds_and_runs(shared_db: None, real: Engine, foreign: str) -> None:
    stack = stacks.add("theirs", foreign, foreign, "heroku-24")
    try:
        adopt.adopt(stack)
        stack.refresh_from_db()
        assert (stack.problem, stacks.missing(stack)) == ("", "")
        owners = said(
            real, stack.build_image, "stat", "-c", "%U:%G", "/app", "/slipway", "/usr/local/bin", "/usr/local/lib"
        )
        assert owners == ("slipway:slipway\n" * 2 + "root:root\n" * 2, Exit(0))
        yaml = (
            "import sys; sys.path.append('/usr/local/lib/slipway/python'); import yaml; print(yaml.safe_load('a: 1'))"
        )
        assert said(real, stack.build_image, "python3", "-I", "-c", yaml) == ("{'a': 1}\n", Exit(0))
        assert said(real, stack.build_image, "uv", "--version")[1] == Exit(0)
        packages = said(
            real, stack.build_image, "cat", "/etc/apt/sources.list", "/usr/local/share/slipway/run-packages"
        )
        assert packages[0].startswith("Package: ")
        assert said(real, stack.build_image, "/usr/local/lib/slipway/build")[1].code != 127
        assert said(real, stack.run_image, "/usr/local/bin/slipway-run", "pwd; whoami") == ("/app\nslipway\n", Exit(0))
    finally:
        adopt.drop("theirs")


def test_an_image_without_what_builds_need_says_what(shared_db: None, real: Engine) -> None:
    stack = stacks.add("theirs", "slipway/debian-12:run", "slipway/debian-12:run", "heroku-24")
    adopt.adopt(stack)
    assert "slipway/debian-12:run lacks what builds need: " in Stack.objects.get(name="theirs").problem
