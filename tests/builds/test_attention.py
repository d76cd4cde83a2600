"""What a killed worker left behind is ended and removed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from buildpacks.models import Buildpack
from builds import attention, deploys, register
from builds.models import Build
from builds.run import build_next, claim
from builds.start import start_deploy
from runtimes import attention as runtimes_attention
from runtimes import journal
from runtimes.engine.base import JobSpec
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Hold, Journal, Release, Slug
from tests import factories as make
from tests.builder import Builder
from tests.doubles import queued, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")
LONG_AGO = timedelta(hours=1)
_never_left: list[object] = []


def abandoned(app: App, engine: FakeEngine) -> Build:
    """A build whose worker was killed in the middle: its row, its step and its container are left."""
    start_deploy(app.production)
    build = claim("killed")
    assert build
    build.journal.steps.get(key="fetch").move("running")
    leave(engine, app, {"slipway.build": str(build.pk)})
    Build.objects.filter(pk=build.pk).update(lease_until=timezone.now() - LONG_AGO)
    return build


@pytest.fixture(autouse=True)
def _killed() -> Iterator[None]:
    yield
    _never_left.clear()


def leave(engine: FakeEngine, app: App, labels: dict[str, str]) -> None:
    """Leave a job's container, as one does that is killed."""
    kill_in(engine, make.job_like("sleep", "infinity", labels={"slipway.app": app.name, **labels}))


def kill_in(engine: FakeEngine, spec: JobSpec) -> None:
    """Enter a job and never leave it; a context that is forgotten would be left."""
    context = engine.job(spec)
    context.__enter__()
    _never_left.append(context)


def jobs(engine: FakeEngine) -> list[str]:
    return [one.name for one in engine.observe({"slipway.kind": "job"})]


def test_what_is_left_here_is_really_there(app: App, engine: FakeEngine) -> None:
    leave(engine, app, {})
    assert len(jobs(engine)) == 1


def test_a_build_whose_worker_is_gone_is_ended_and_its_container_removed(app: App, engine: FakeEngine) -> None:
    build = abandoned(app, engine)
    attention.look_after()
    deploy = deploys.get(app, build.journal.number)
    assert (deploy.state, deploy.failure_reason) == ("failed", "lost")
    assert deploy.failure.startswith("The platform failed, not your app")
    assert deploy.failed_step is not None
    assert journal.sealed(build.journal.pk)
    assert deploy.failure in make.log_of(build.journal)[-1]
    assert jobs(engine) == []


def test_a_build_whose_worker_lives_is_left_alone(app: App, engine: FakeEngine) -> None:
    build = abandoned(app, engine)
    Build.objects.update(lease_until=timezone.now() + LONG_AGO)
    attention.look_after()
    build.refresh_from_db()
    assert build.state == "running"
    assert len(jobs(engine)) == 1


def test_the_next_build_can_run_then(app: App, engine: FakeEngine, builder: Builder) -> None:
    abandoned(app, engine)
    start_deploy(app.production)
    assert claim("next") is None
    attention.look_after()
    assert ("builds.tasks.build_next", []) in queued()
    assert build_next()
    assert deploys.get(app, 2).state == "live"


def test_a_worker_that_comes_back_late_changes_nothing(app: App, engine: FakeEngine, builder: Builder) -> None:
    def give_up() -> None:
        build = Build.objects.select_related("journal").get()
        assert build.move("failed", worker="", failure_reason="lost")
        journal.close(build.journal)

    builder.meanwhile = lambda _: together(give_up)
    start_deploy(app.production)
    build = build_next()
    assert build
    deploy = deploys.get(app, 1)
    assert (deploy.state, deploy.failure_reason) == ("failed", "lost")
    assert not Release.objects.exists()
    assert not any("Canceled" in line for line in make.log_of(build.journal))


@pytest.mark.parametrize(
    "labels", [{}, {"slipway.build": "77"}, {"slipway.release": "3", "slipway.process": "release"}]
)
def test_a_container_on_which_nobody_works_any_more_is_removed(
    app: App, engine: FakeEngine, labels: dict[str, str]
) -> None:
    leave(engine, app, labels)
    attention.look_after()
    assert jobs(engine) == []


def test_a_container_of_an_app_that_is_gone_is_removed(app: App, engine: FakeEngine) -> None:
    leave(engine, App(name="gone"), {})
    attention.look_after()
    assert jobs(engine) == []


def test_containers_of_apps_that_somebody_works_on_stay(app: App, engine: FakeEngine) -> None:
    leave(engine, app, {})
    start_deploy(app.production)
    attention.look_after()
    assert len(jobs(engine)) == 1


def test_instances_and_the_containers_of_others_are_no_orphans(app: App, engine: FakeEngine, builder: Builder) -> None:
    start_deploy(app.production)
    assert build_next()
    stranger = FakeEngine("another", engine.world)
    leave(stranger, app, {})
    kill_in(engine, JobSpec("fetch", "slipway/debian-12:run", ("sleep", "infinity")))
    attention.look_after()
    assert len(stranger.observe()) == 1
    assert len(engine.observe({"slipway.kind": "instance"})) == 1
    assert jobs(engine) == [f"{engine.namespace}-fetch"]


def test_a_container_for_no_app_goes_when_nobody_can_be_at_work_in_it(
    shared_db: None, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_in(engine, JobSpec("fetch", "slipway/debian-12:run", ("sleep", "infinity")))
    attention.look_after()
    assert jobs(engine)
    monkeypatch.setattr(attention, "LONGEST_JOB", timedelta())
    attention.look_after()
    assert jobs(engine) == []


def test_a_buildpack_whose_worker_is_gone_can_be_fetched_again(shared_db: None, engine: FakeEngine) -> None:
    made = Buildpack.objects.create(name="hello", kind="tarball", url="https://host.example/hello")
    attention.look_after()
    made.refresh_from_db()
    assert made.problem == ""  # nobody has begun yet
    Hold.objects.create(name=register.held_as(made), held_by="killed", held_until=timezone.now() - LONG_AGO)
    attention.look_after()
    made.refresh_from_db()
    assert "stopped" in made.problem
    register.fetch_again(made)
    attention.look_after()
    made.refresh_from_db()
    assert made.problem == ""


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled"])
def test_a_log_that_nobody_closed_is_closed(app: App, state: str) -> None:
    build = make.build(app, state=state, lease_until=None if state == "canceled" else timezone.now() - LONG_AGO)
    attention.look_after()
    assert journal.sealed(build.journal.pk)


def test_a_log_of_somebody_who_works_is_not_closed(app: App, engine: FakeEngine) -> None:
    build = make.build(app, state="succeeded", lease_until=timezone.now() + LONG_AGO)
    attention.look_after()
    runtimes_attention.look_after()
    assert not journal.sealed(build.journal.pk)


def test_a_release_whose_worker_is_gone_is_ended_and_what_it_started_removed(app: App, engine: FakeEngine) -> None:
    release = make.release(app.production, "live")
    runtimes_attention.look_after()
    Release.objects.update(state="pending", lease_until=timezone.now() - LONG_AGO)
    runtimes_attention.look_after()
    release.refresh_from_db()
    assert (release.state, release.failure_reason, release.worker) == ("failed", "lost", "")
    assert release.failure.startswith("The platform failed, not your app")
    assert journal.sealed(release.journal.pk)
    assert engine.observe({"slipway.kind": "instance"}) == []


def test_the_log_of_a_release_that_is_live_is_closed_for_a_worker_that_died_then(app: App, engine: FakeEngine) -> None:
    release = make.release(app.production, lease_until=timezone.now() - LONG_AGO)
    runtimes_attention.look_after()
    assert journal.sealed(release.journal.pk)


def test_an_app_that_cannot_be_removed_yet_does_not_stop_the_others(
    app: App, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builds.destroy.PATIENCE_SECONDS", 0)
    other = make.app("blog")
    App.objects.update(destroyed_at=timezone.now())
    Hold.objects.create(name=f"environment.{app.production.pk}", held_until=timezone.now() + LONG_AGO)
    attention.look_after()
    assert list(App.objects.all()) == [app]
    assert not App.objects.filter(pk=other.pk).exists()


def test_an_engine_that_does_not_answer_does_not_stop_the_queue(app: App, engine: FakeEngine) -> None:
    abandoned(app, engine)
    other = make.app("blog")
    start_deploy(other.production)
    queued()
    engine.world.away = True
    attention.look_after()
    assert ("builds.tasks.build_next", []) in queued()
    assert deploys.get(app, 1).state == "failed"
    engine.world.away = False
    attention.look_after()
    assert jobs(engine) == []
    assert not Slug.objects.exists()
    assert Journal.objects.filter(sealed_at=None).count() == 1
