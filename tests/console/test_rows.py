"""What a list says of an app in a line."""

import pytest

from console.rows import row_of
from runtimes.models import Environment, Instance, Release
from tests import factories as make

pytestmark = pytest.mark.django_db


def instance(environment: Environment, release: Release, state: str) -> Instance:
    return Instance.objects.create(environment=environment, release=release, process="web", index=1, state=state)


def test_instances_of_the_release_before_are_not_counted_while_they_finish() -> None:
    environment = make.app().production
    former, live = make.release(environment, "retired"), make.release(environment)
    instance(environment, former, "up")
    instance(environment, live, "up")
    row = row_of(environment)
    assert (row.up, row.wanted) == (1, 1)


def test_what_still_finishes_makes_nothing_look_crashed() -> None:
    environment = make.app().production
    former, live = make.release(environment, "retired"), make.release(environment)
    instance(environment, former, "crashed")
    instance(environment, live, "up")
    assert row_of(environment).state == "live"
