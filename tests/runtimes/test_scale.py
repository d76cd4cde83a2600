"""Scaling says how many; the controller is asked to make it so."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from runtimes.models import Environment, Process
from runtimes.scale import scale
from tests import factories as make
from tests.doubles import queued, together


@pytest.fixture
def environment(shared_db: None) -> Environment:
    made = make.app().production
    for name in ("web", "worker"):
        Process.objects.create(environment=made, name=name, quantity=1)
    return made


def quantities(environment: Environment) -> dict[str, int]:
    return dict(environment.processes.values_list("name", "quantity"))


def test_quantities_are_set_and_the_controller_asked(environment: Environment) -> None:
    scale(environment, {"web": 3, "worker": 0})
    assert quantities(environment) == {"web": 3, "worker": 0}
    assert queued() == [("runtimes.tasks.bring_in_line", [environment.pk])]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"web": 2, "clock": 1}, "There are: web, worker"),
        ({"worker": 2, "web": -1}, "0 to 50"),
        ({"web": 51}, "0 to 50"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    environment: Environment, wanted: dict[str, int], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        scale(environment, wanted)
    assert quantities(environment) == {"web": 1, "worker": 1}
    assert queued() == []


def test_an_app_that_was_never_deployed_says_so(shared_db: None) -> None:
    with pytest.raises(ValidationError, match="deploy first"):
        scale(make.app().production, {"web": 2})


def test_an_environment_has_a_limit_for_all_process_types_together(
    environment: Environment, settings: Settings
) -> None:
    settings.INSTANCES = 10
    scale(environment, {"web": 6, "worker": 4})
    with pytest.raises(ValidationError, match="may run 10 instances of all process types together; this would be 11"):
        scale(environment, {"web": 7})
    assert quantities(environment) == {"web": 6, "worker": 4}
    settings.INSTANCES = 5
    scale(environment, {"web": 3})
    assert quantities(environment) == {"web": 3, "worker": 4}, "Fewer is always allowed."


def test_two_who_scale_at_once_do_not_pass_the_limit_together(environment: Environment, settings: Settings) -> None:
    settings.INSTANCES = 10

    def try_to(name: str) -> bool:
        try:
            scale(Environment.objects.get(pk=environment.pk), {name: 9})
        except ValidationError:
            return False
        return True

    assert sorted(together(lambda: try_to("web"), lambda: try_to("worker"))) == [False, True]
