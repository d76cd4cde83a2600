"""Work is asked for by name; where nobody takes the message, the rows still say what is wanted."""

from collections.abc import Callable
from typing import Any

import pytest

from builds.models import Build
from builds.start import start_deploy
from console.celery import app as celery
from runtimes import attention, carry_out, oneoff, orders
from runtimes.release import roll_back
from tests import factories as make
from tests.doubles import queued


@pytest.mark.usefixtures("db", "no_broker")
def test_a_deploy_is_queued_although_the_broker_is_away_and_the_process_says_so(
    django_capture_on_commit_callbacks: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        build = start_deploy(make.app().production)
    assert Build.objects.get(state="queued") == build
    assert "builds.tasks.build_next could not be asked for" in caplog.text


@pytest.mark.usefixtures("shared_db", "engine", "quick", "no_broker")
@pytest.mark.parametrize("what", ["carry_out", "run_one_off"])
def test_what_no_worker_heard_of_is_taken_up_by_the_periodic_look(what: str) -> None:
    environment = make.app().production
    old = make.release(environment, "retired")
    make.release(environment)
    asked: Any = roll_back(old) if what == "carry_out" else oneoff.run(environment, "true")
    celery.set_current()
    assert queued() == []
    attention.look_after()
    assert (f"runtimes.tasks.{what}", [asked.pk]) in queued()
    if what == "carry_out":
        carry_out.carry_out(asked, "worker")
    else:
        oneoff.carry_out(asked, "worker")
    attention.look_after()
    assert (f"runtimes.tasks.{what}", [asked.pk]) not in queued()


@pytest.mark.usefixtures("db")
def test_what_is_asked_for_is_sent_when_the_rows_are_there(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        orders.order("builds.tasks.build_next", 7)
        assert queued() == []
    assert queued() == [("builds.tasks.build_next", [7])]
