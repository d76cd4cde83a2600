"""Rows say what the engine reports, however much happened between two looks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runtimes.engine.base import Observed
from runtimes.mirror import mirror
from runtimes.models import Instance
from tests import factories as make

START = timezone.now()

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


def test_the_crashes_of_one_that_ran_for_long_are_counted_anew() -> None:
    environment = make.app().production
    make.release(environment)
    labels = {"slipway.release": "1", "slipway.process": "web"}
    crashed = Observed("id", "shop-web.1", labels, "exited", index=1, exit_code=3, started_at=timezone.now())
    mirror(environment, [crashed])
    Instance.objects.update(crashes=7, state="up")
    mirror(environment, [crashed])
    assert Instance.objects.get().crashes == 8
    Instance.objects.update(state="up")
    mirror(environment, [replace(crashed, started_at=timezone.now() - timedelta(hours=1))])
    assert Instance.objects.get().crashes == 1


def up(number: int) -> Observed:
    labels = {"slipway.release": "1", "slipway.process": "web"}
    return Observed(f"id{number}", f"shop-web.{number}", labels, "up", index=number, address="::1", started_at=START)


def test_looking_at_what_the_rows_say_already_takes_as_many_queries_for_one_as_for_many(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[CaptureQueriesContext]],
) -> None:
    environment = make.app().production
    make.release(environment)
    many = [up(number) for number in range(1, 21)]
    mirror(environment, many)
    with django_assert_max_num_queries(2):
        mirror(environment, many)
    assert Instance.objects.filter(ref__startswith="id").count() == 20


def test_another_container_in_an_instances_place_gets_a_row_of_its_own() -> None:
    environment = make.app().production
    make.release(environment)
    mirror(environment, [up(1), up(2)])
    mirror(environment, [replace(up(1), ref="new"), up(2)])
    rows = Instance.objects.order_by("pk").values_list("ref", "state", "address")
    assert list(rows) == [("id1", "down", ""), ("id2", "starting", "::1"), ("new", "starting", "::1")]


def test_an_instance_whose_container_is_gone_is_down() -> None:
    environment = make.app().production
    make.release(environment)
    mirror(environment, [up(1), up(2)])
    mirror(environment, [up(2)])
    assert list(Instance.objects.order_by("pk").values_list("state", flat=True)) == ["down", "starting"]


def test_a_look_reads_of_a_long_ledger_only_what_runs_and_opens_no_config(
    django_assert_num_queries: Callable[..., AbstractContextManager[CaptureQueriesContext]],
) -> None:
    environment = make.app().production
    for number in range(1, 4):
        make.release(environment, number=number, state="live" if number == 1 else "failed", config={"KEY": "sealed"})
    mirror(environment, [up(1)])
    with django_assert_num_queries(2) as asked:
        mirror(environment, [up(1)])
    releases = asked.captured_queries[0]["sql"]
    assert "number IN (1)" in releases.replace('"', "").replace("runtimes_release.", "")
    assert "config" not in releases
