"""Canceling: the last word before anybody works, a wish afterwards, nothing once traffic is switched."""

from functools import partial

import pytest
from django.utils import timezone

from builds import deploys
from builds.cancel import cancel
from builds.models import Build
from builds.run import build_next, claim
from builds.start import start_deploy
from runtimes import journal
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import App, Journal
from tests import factories as make
from tests.builder import Builder
from tests.doubles import looking, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


def deploy(app: App) -> deploys.Deploy:
    return deploys.get(app, Journal.objects.filter(app=app).latest("pk").number)


def test_what_waits_is_canceled_at_once(app: App) -> None:
    start_deploy(app.production)
    assert cancel(deploy(app), make.user())
    canceled = deploy(app)
    assert (canceled.state, canceled.failed_step) == ("canceled", None)
    assert journal.sealed(canceled.journal.pk)
    assert "Canceled by alice before it began" in make.log_of(canceled.journal)[-1]
    assert set(canceled.journal.steps.values_list("state", flat=True)) == {"canceled", "skipped"}
    assert claim("worker") is None


def test_what_runs_is_asked_to_end_and_its_row_stays_its_workers(app: App) -> None:
    start_deploy(app.production)
    stale = deploy(app)
    build = claim("worker")
    assert build
    assert cancel(stale)
    build.refresh_from_db()
    assert (build.state, deploy(app).is_canceling) == ("running", True)
    assert not journal.sealed(stale.journal.pk)


def test_nobody_sees_the_wish_before_the_line_that_says_whose_it_is(app: App) -> None:
    start_deploy(app.production)
    assert claim("worker")
    wished = deploy(app)
    with looking('INSERT INTO "runtimes_logchunk"', wished.journal.is_canceled) as seen:
        assert cancel(wished)
    assert seen == [False]


def test_the_next_build_of_the_app_waits_until_the_canceled_one_has_ended(app: App) -> None:
    """They share a cache: it must not be used by two."""
    start_deploy(app.production)
    assert claim("one")
    start_deploy(app.production)
    assert cancel(deploys.get(app, 1))
    assert claim("two") is None


@pytest.mark.parametrize("seconds", [0, 3600])
def test_a_builder_is_ended_when_somebody_cancels(app: App, engine: FakeEngine, builder: Builder, seconds: int) -> None:
    def wish(process: Process) -> None:
        assert together(lambda: cancel(deploy(app))) == [True]
        process.write(b"too late\n")
        process.sleep(seconds)

    builder.meanwhile = wish
    start_deploy(app.production)
    assert build_next()
    canceled = deploy(app)
    assert (canceled.state, canceled.failed_step) == ("canceled", None)
    assert canceled.build is not None
    assert canceled.build.state in ("canceled", "succeeded")
    assert [one.name for one in engine.observe({"slipway.kind": "job"})] == []
    assert " !     Canceled." in make.log_of(canceled.journal)
    if seconds:
        assert canceled.journal.steps.get(key="buildpack:0").state == "canceled"


def test_what_is_live_cannot_be_canceled(app: App, engine: FakeEngine, builder: Builder) -> None:
    start_deploy(app.production)
    assert build_next()
    assert not cancel(deploy(app))
    assert deploy(app).state == "live"
    assert deploy(app).journal.cancel_requested_at is None


def test_a_wish_is_written_down_once(app: App) -> None:
    start_deploy(app.production)
    claim("worker")
    assert cancel(deploy(app))
    first = deploy(app).journal.cancel_requested_at
    assert cancel(deploy(app))
    assert deploy(app).journal.cancel_requested_at == first
    assert sum("Canceled by" in line for line in make.log_of(deploy(app).journal)) == 1


def test_of_a_worker_and_a_person_who_are_quick_one_wins(app: App) -> None:
    for number in range(1, 6):
        start_deploy(app.production)
        waiting = deploys.get(app, number)
        claimed, wished = together(partial(claim, "worker"), partial(cancel, waiting))
        assert wished
        build = Build.objects.get(journal=waiting.journal)
        assert build.state == ("running" if claimed else "canceled")
        assert journal.sealed(waiting.journal.pk) is (claimed is None)
        if claimed:
            assert build.move("canceled", ended_at=timezone.now())
            journal.close(build.journal)
