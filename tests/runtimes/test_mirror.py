"""Rows say what the engine reports, however much happened between two looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runtimes.engine.base import Observed
from runtimes.mirror import mirror
from runtimes.models import Instance
from tests import factories as make

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_an_instance_that_crashed_again_between_two_looks_has_crashed_twice() -> None:
    environment = make.app().production
    make.release(environment)
    labels = {"slipway.release": "1", "slipway.process": "web"}
    crashed = Observed("id", "shop-web.1", labels, "exited", index=1, exit_code=3, started_at=START)
    mirror(environment, [crashed])
    mirror(environment, [crashed])
    assert Instance.objects.get().crashes == 1
    mirror(environment, [replace(crashed, started_at=START + timedelta(seconds=1))])
    assert (Instance.objects.get().crashes, Instance.objects.get().state) == (2, "crashed")
