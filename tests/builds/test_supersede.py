"""A newer deploy of an environment takes the place of what waits there, and of nothing else."""

from functools import partial

import pytest

from builds import deploys
from builds.models import Build
from builds.run import claim
from builds.start import deploy_again, start_deploy
from runtimes import journal
from runtimes.models import App
from tests import factories as make
from tests.doubles import together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


def states(app: App) -> list[str]:
    """Of all deploys of the app, oldest first."""
    return [each.state for each in reversed(deploys.of(app))]


def test_what_waits_for_the_same_environment_is_superseded_and_says_by_what(app: App) -> None:
    for _ in range(3):
        start_deploy(app.production)
    assert states(app) == ["superseded", "superseded", "queued"]
    first = deploys.get(app, 1)
    assert make.log_of(first.journal)[-1] == "Deploy #2 took its place before it began."
    assert journal.sealed(first.journal.pk)
    assert set(first.journal.steps.values_list("state", flat=True)) == {"canceled", "skipped"}
    assert first.ended_at
    assert [each.number for each in deploys.under_way(deploys.going([app]))] == [3]


def test_what_runs_already_goes_on(app: App) -> None:
    start_deploy(app.production)
    assert claim("worker")
    start_deploy(app.production)
    start_deploy(app.production)
    assert states(app) == ["building", "superseded", "queued"]


def test_another_environment_and_another_app_wait_on(app: App) -> None:
    other = make.app("other")
    staging = app.environments.create(name="staging")
    for environment in (staging, other.production, app.production):
        start_deploy(environment)
    assert [states(app), states(other)] == [["queued", "queued"], ["queued"]]


def test_a_superseded_one_can_be_deployed_again(app: App) -> None:
    old = start_deploy(app.production)
    start_deploy(app.production)
    deploy_again(Build.objects.get(pk=old.pk))
    assert states(app) == ["superseded", "superseded", "queued"]


def test_of_a_worker_and_a_newer_deploy_that_are_quick_one_wins(app: App) -> None:
    for number in range(1, 6):
        old = start_deploy(app.production)
        claimed, newer = together(partial(claim, "worker"), partial(start_deploy, app.production))
        old.refresh_from_db()
        if claimed == old:
            assert (old.state, newer.state) == ("running", "queued"), number
        else:
            assert old.state == "superseded", number
        Build.objects.filter(state__in=("queued", "running")).update(state="failed")
