"""Work is asked for by name; where nobody takes the message, the rows still say what is wanted."""

from collections.abc import Callable
from typing import Any

import pytest

from builds.models import Build
from builds.start import start_deploy
from runtimes import orders
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


@pytest.mark.usefixtures("db")
def test_what_is_asked_for_is_sent_when_the_rows_are_there(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        orders.order("builds.tasks.build_next", 7)
        assert queued() == []
    assert queued() == [("builds.tasks.build_next", [7])]
