"""What people see of a deploy, from its rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from builds import deploys
from builds.models import Build
from runtimes.models import App, Journal, Release
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(db: None) -> App:
    return make.app(git_ref="main")


def deploy(app: App, build: str, release: str = "", *, sealed: bool = False, canceled: bool = False) -> deploys.Deploy:
    """A deploy whose rows stand like this."""
    made = make.build(app, state=build)
    if release:
        make.release(app.production, release, journal=made.journal)
    now = timezone.now()
    Journal.objects.filter(pk=made.journal_id).update(
        sealed_at=now if sealed else None, cancel_requested_at=now if canceled else None
    )
    return deploys.get(app, made.journal.number)


@pytest.mark.parametrize(
    ("build", "release", "sealed", "canceled", "state"),
    [
        ("queued", "", False, False, "queued"),
        ("running", "", False, False, "building"),
        ("running", "", False, True, "building"),
        ("failed", "", True, False, "failed"),
        ("canceled", "", True, True, "canceled"),
        ("succeeded", "", False, False, "releasing"),
        ("succeeded", "", True, False, "failed"),
        ("succeeded", "", True, True, "canceled"),
        ("succeeded", "pending", False, False, "releasing"),
        ("succeeded", "live", True, False, "live"),
        ("succeeded", "live", True, True, "live"),
        ("succeeded", "retired", True, False, "retired"),
        ("succeeded", "failed", True, False, "failed"),
        ("succeeded", "canceled", True, True, "canceled"),
    ],
)
def test_its_state_follows_from_build_release_and_seal(
    app: App, build: str, release: str, sealed: bool, canceled: bool, state: str
) -> None:
    found = deploy(app, build, release, sealed=sealed, canceled=canceled)
    assert found.state == state
    over = state in ("live", "retired", "failed", "canceled")
    assert (found.is_over, found.is_cancelable) == (over, not over)
    assert found.is_canceling is (canceled and not over)


@pytest.mark.thorough
def test_every_state_that_rows_can_have_is_one_that_pages_know(app: App) -> None:
    for build in Build.TRANSITIONS:
        for release in ("", *Release.TRANSITIONS) if build == "succeeded" else ("",):
            for sealed in (True, False):
                found = deploy(app, build, release, sealed=sealed)
                assert found.state in {"queued", "building", "releasing", *deploys.OVER}
                found.journal.delete()


def test_what_went_wrong_is_the_releases_word_if_there_is_one(app: App) -> None:
    build = make.build(app, state="succeeded", failure="of the build", failure_reason="compile")
    assert deploys.get(app, 1).failure == "of the build"
    make.release(app.production, "failed", journal=build.journal, failure="of the release", failure_reason="crashed")
    found = deploys.get(app, 1)
    assert (found.failure, found.failure_reason) == ("of the release", "crashed")


def test_a_deploy_without_a_build_is_its_releases(app: App) -> None:
    release = make.release(app.production, "live", description="Rolled back to v1")
    found = deploys.get(app, release.journal.number)
    assert (found.build, found.state, found.message) == (None, "live", "Rolled back to v1")


def test_its_time_is_from_the_click_to_the_end(app: App) -> None:
    found = deploy(app, "running")
    assert found.seconds is None
    Build.objects.update(state="failed", ended_at=found.queued_at + timedelta(seconds=42))
    assert deploys.get(app, 1).seconds == 42


def test_the_newest_come_first_and_what_goes_on_in_its_order(app: App) -> None:
    other = make.app("blog")
    for state in ("failed", "running", "queued"):
        make.build(app, state=state)
    make.build(other)
    assert [each.number for each in deploys.of(app)] == [3, 2, 1]
    assert [each.number for each in deploys.of(app, limit=1)] == [3]
    waiting = deploys.under_way(deploys.going([app, other]))
    assert [(each.app.name, each.number) for each in waiting] == [("shop", 2), ("shop", 3), ("blog", 1)]


def test_a_number_is_looked_up_in_its_own_app(app: App) -> None:
    make.build(app)
    with pytest.raises(Journal.DoesNotExist):
        deploys.get(make.app("blog"), 1)


def test_a_list_costs_as_many_queries_however_long_it_is(app: App, django_assert_max_num_queries: object) -> None:
    for _ in range(5):
        build = make.build(app, state="succeeded")
        make.release(app.production, "retired", journal=build.journal)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        for found in deploys.of(app):
            assert found.state == "retired"
            assert found.failed_step is None
            assert found.slug
            assert found.address
