"""What a release takes with it when it is made."""

from typing import Any

import pytest

from runtimes.freeze import Runnable, make_release
from runtimes.models import Environment, Release
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def environment(db: None) -> Environment:
    return make.app().production


def made(what: Runnable, environment: Environment, **facts: Any) -> Release:
    return make_release(what, environment, journal=make.record(environment), **facts)


def test_a_slug_brings_its_commands_and_the_environment_may_set_others(environment: Environment) -> None:
    environment.processes.create(name="worker", command="work harder")
    environment.processes.create(name="clock", command="tick")
    slug = make.slug(environment.app, {"web": "serve", "worker": "work"}, release_command="migrate")
    release = made(slug, environment)
    assert release.commands == {"web": "serve", "worker": "work harder"}
    assert (release.slug, release.image, release.release_command, release.port) == (slug, None, "migrate", 5000)


def test_a_release_command_that_is_set_here_takes_the_place_of_the_procfiles(environment: Environment) -> None:
    Environment.objects.update(release_command="migrate --here")  # also while the release was being made ready
    assert made(make.slug(environment.app, release_command="migrate"), environment).release_command == "migrate --here"


def test_an_image_runs_what_is_set_by_hand(environment: Environment) -> None:
    environment.processes.create(name="web", command="")
    environment.processes.create(name="worker", command="work")
    release = made(make.image(environment.app), environment)
    assert release.commands == {"web": "", "worker": "work"}
    assert (release.slug, release.release_command) == (None, "")


def test_an_image_of_which_nothing_is_set_runs_its_own_entry_point_as_web(environment: Environment) -> None:
    release = made(make.image(environment.app), environment)
    assert release.commands == {"web": ""}
    assert list(environment.processes.values_list("name", "quantity", "command")) == [("web", 1, "")]


@pytest.mark.parametrize(("set_here", "exposed", "port"), [(None, None, 5000), (None, 80, 80), (8000, 80, 8000)])
def test_web_is_asked_at_the_port_that_is_set_or_that_the_image_says(
    environment: Environment, set_here: int | None, exposed: int | None, port: int
) -> None:
    environment.processes.create(name="web", port=set_here)
    assert made(make.image(environment.app, port=exposed), environment).port == port
