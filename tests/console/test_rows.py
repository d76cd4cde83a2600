"""What a list says of an app in a line."""

from datetime import timedelta

import pytest
from django.utils import timezone

from builds import deploys
from console.rows import row_of
from runtimes import output
from runtimes.models import Environment, Instance, Journal, Release
from runtimes.output import Printed
from runtimes.redaction import Redactor
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


@pytest.mark.parametrize(
    ("build", "release", "image", "canceled"),
    [
        *(("queued", "", "", False), ("running", "", "", False), ("running", "", "shop:1", False)),
        *(("failed", "", "", False), ("canceled", "", "", True)),
        *(("succeeded", "", "", False), ("succeeded", "", "", True)),
        *(("succeeded", release, "", False) for release in ("pending", "failed", "retired", "live")),
    ],
)
def test_a_bar_is_what_its_deploy_says(build: str, release: str, image: str, canceled: bool) -> None:
    app, times = make.app(), [timezone.now() + timedelta(seconds=seconds) for seconds in range(5)]
    made = make.build(app, state=build, image=image, ended_at=times[1])
    if release:
        make.release(app.production, "failed", journal=made.journal, ended_at=times[0])
        live = times[2] if release in ("retired", "live") else None
        make.release(app.production, release, journal=made.journal, live_at=live, ended_at=times[3])
    sealed = None if build in ("queued", "running") or release == "pending" else times[4]
    Journal.objects.filter(pk=made.journal_id).update(
        sealed_at=sealed, cancel_requested_at=sealed if canceled else None
    )
    (deploy,) = deploys.of(app)
    assert row_of(app.production).deploys == [(1, deploy.state, deploy.seconds)]


def test_what_crashed_says_what_it_printed_last() -> None:
    environment = make.app().production
    live = make.release(environment)
    one = instance(environment, live, "crashed")
    Instance.objects.filter(pk=one.pk).update(crashes=2, exit_code=3)
    other = Instance.objects.create(environment=environment, release=live, process="web", index=2, state="up")
    at = timezone.now()
    for of, text in [(one, f"line {number}") for number in range(9)] + [(other, "all is well")]:
        at += timedelta(seconds=1)
        output.store(of, [Printed(at, 0, text.encode())], Redactor())
    (formation,) = row_of(environment).formation
    assert formation.worst == one
    assert formation.last_words == [f"line {number}" for number in range(4, 9)]


def test_where_nothing_crashed_nothing_is_said() -> None:
    environment = make.app().production
    instance(environment, make.release(environment), "up")
    (formation,) = row_of(environment).formation
    assert (formation.worst, formation.last_words) == (None, [])
