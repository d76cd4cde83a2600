"""How long a crashed instance waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runtimes.models import Instance
from runtimes.reconcile import due


@pytest.mark.parametrize(("crashes", "seconds"), [(1, 0.5), (2, 1), (4, 4), (10, 256), (11, 300), (5000, 300)])
def test_the_wait_doubles_with_each_crash_up_to_a_limit(crashes: int, seconds: float) -> None:
    ended = timezone.now()
    assert due(Instance(crashes=crashes, ended_at=ended)) - ended == timedelta(seconds=seconds)
