"""Deploying a ready image: from a reference to a release that serves, or to a sentence that says why it does not."""

import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from buildpacks import registry
from builds import attention, deploys, destroy, run
from builds.cancel import cancel
from builds.create import change_source, create_app
from builds.run import build_next, pull_next
from builds.start import deploy_again, start_deploy
from runtimes import carry_out
from runtimes.engine.base import Login
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Credentials, Environment, Image, Journal, PlatformLimits, Release
from runtimes.reconcile import reconcile
from runtimes.release import change_config, promote, roll_back
from tests import factories as make
from tests.builder import Builder
from tests.doubles import queued, routes

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

NAME = "registry.example/team/shop:1"


@pytest.fixture
def app(shared_db: None) -> App:
    return make.app(source="image", git_url="", image=NAME)


def deployed(app: App, image: str = "", **asked: Any) -> deploys.Deploy:
    """Deploy to the end; return what became of it."""
    build = start_deploy(app.production, image=image, **asked)
    assert pull_next()
    return deploys.get(app, build.journal.number)


def carried_out(release: Release) -> Release:
    carry_out.carry_out(release, "worker")
    release.refresh_from_db()
    assert release.state == "live", release.failure
    return release


def images(engine: FakeEngine) -> set[str]:
    """The images that instances run."""
    return {one.plan.image for one in engine.world.containers.values() if "slipway.release" in one.plan.labels}


def kept(engine: FakeEngine, digest: str) -> str:
    return f"{engine.namespace}/image:{digest[7:31]}"


def steps(of: Journal) -> list[tuple[str, str]]:
    return list(of.steps.values_list("name", "state"))


def test_a_ready_image_is_fetched_and_serves_without_a_build(app: App, engine: FakeEngine) -> None:
    offered = engine.world.offered.offer(NAME, port=8080)
    build = start_deploy(app.production)
    assert queued() == [("builds.tasks.pull_next", [])]
    assert steps(build.journal) == [
        ("Queued", "running"),
        ("Pull image", "waiting"),
        ("Release command", "waiting"),
        ("Start instances", "waiting"),
        ("Wait until healthy", "waiting"),
        ("Switch traffic", "waiting"),
    ]
    assert build_next() is None
    assert pull_next()
    deploy = deploys.get(app, build.journal.number)
    assert deploy.state == "live", make.log_of(deploy.journal)
    assert deploy.image
    assert (deploy.image.reference, deploy.image.digest, deploy.slug) == (NAME, offered.digest, None)
    assert images(engine) == {kept(engine, offered.digest)}
    assert routes(engine)["shop.localhost"][0].endswith(":8080")
    assert [state for _, state in steps(deploy.journal)] == ["done", "done", "skipped", "done", "done", "done"]
    assert any(offered.digest in line for line in make.log_of(deploy.journal))


def test_going_back_means_the_digest_that_ran_whatever_the_tag_means_now(app: App, engine: FakeEngine) -> None:
    first = engine.world.offered.offer(NAME, mark="first").digest
    old = deployed(app).release
    second = engine.world.offered.offer(NAME, mark="second").digest
    new = deployed(app).release
    assert old
    assert new
    assert (new.image, old.image) != (None, new.image)
    engine.world.offered.away.add("registry.example")
    old.refresh_from_db()
    back = carried_out(roll_back(old))
    assert (back.image, kept(engine, first) in images(engine)) == (old.image, True)
    assert first != second


def test_what_is_not_kept_any_more_comes_again_by_its_digest(app: App, engine: FakeEngine) -> None:
    first = engine.world.offered.offer(NAME, mark="first").digest
    old = deployed(app).release
    engine.world.offered.offer(NAME, mark="second")
    deployed(app)
    engine.world.images.pop(kept(engine, first))
    assert old
    old.refresh_from_db()
    assert carried_out(roll_back(old)).image == old.image
    assert engine.kept(first)


def test_what_cannot_come_again_says_so_and_leaves_what_serves(app: App, engine: FakeEngine) -> None:
    first = engine.world.offered.offer(NAME, mark="first").digest
    old = deployed(app).release
    engine.world.offered.offer(NAME, mark="second")
    serving = deployed(app).release
    engine.world.images.pop(kept(engine, first))
    engine.world.offered.offers.clear()
    assert old
    old.refresh_from_db()
    release = roll_back(old)
    carry_out.carry_out(release, "worker")
    release.refresh_from_db()
    assert (release.state, release.failure_reason) == ("failed", "no-such-image")
    assert "is not kept here any more and cannot be fetched again" in release.failure
    assert app.production.live == serving


def test_a_promotion_takes_the_very_same_image_and_how_it_is_run_along(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME)
    app.production.processes.create(name="web", quantity=1, command="exec serve", port=8000)
    app.production.processes.create(name="worker", command="sleep infinity")
    app.environments.update(release_command="true")
    app.refresh_from_db()
    live = deployed(app).release
    engine.world.offered.offer(NAME, mark="moved")
    staging = app.environments.create(name="staging")
    release = carried_out(promote(app.production, staging))
    assert live
    assert (release.image, release.port, release.release_command) == (live.image, 8000, "true")
    assert release.commands == {"web": "exec serve", "worker": "sleep infinity"}
    again = carried_out(change_config(staging))
    assert (again.image, again.commands, again.port) == (live.image, release.commands, 8000)
    assert again.release_command == "true"


def test_a_deploy_may_name_another_image_for_itself_alone(app: App, engine: FakeEngine) -> None:
    other = engine.world.offered.offer("registry.example/team/shop:2")
    deploy = deployed(app, "registry.example/team/shop:2")
    assert deploy.image
    assert deploy.image.digest == other.digest
    app.refresh_from_db()
    assert app.image == NAME


def test_deploying_again_means_the_same_digest(app: App, engine: FakeEngine) -> None:
    first = engine.world.offered.offer(NAME, mark="first")
    before = deployed(app)
    engine.world.offered.offer(NAME, mark="second")
    assert before.build
    build = deploy_again(before.build)
    assert pull_next()
    again = deploys.get(app, build.journal.number)
    assert again.image
    assert (again.state, again.image.digest) == ("live", first.digest)


def test_a_deploy_that_failed_can_be_repeated_although_its_image_was_let_go(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME)
    deployed(app)
    second = engine.world.offered.offer(NAME, port=8080)
    Environment.objects.update(release_command="false")
    failed = deployed(app)
    assert failed.state == "failed"
    assert not engine.kept(second.digest)
    Environment.objects.update(release_command="")
    assert failed.build
    build = deploy_again(failed.build)
    assert pull_next()
    again = deploys.get(app, build.journal.number)
    assert again.image
    assert (again.state, again.failure, again.image.digest) == ("live", "", second.digest)


@pytest.mark.parametrize(
    ("facts", "reason", "sentence"),
    [
        (None, "no-such-image", f"There is no image {NAME} at registry.example."),
        ({"login": Login("ana", "secret")}, "registry-login", "registry.example does not give"),
        ({"platform": "linux/arm64"}, "wrong-platform", "is made for linux/arm64; apps run on linux/amd64 here."),
    ],
)
def test_what_cannot_be_fetched_says_why_and_leaves_what_serves(
    app: App, engine: FakeEngine, facts: dict[str, Any] | None, reason: str, sentence: str
) -> None:
    serving = make.release(app.production)
    if facts is not None:
        engine.world.offered.offer(NAME, **facts)
    deploy = deployed(app)
    assert (deploy.state, deploy.failure_reason) == ("failed", reason)
    assert deploy.failed_step
    assert (deploy.failed_step.name, sentence in deploy.failure) == ("Pull image", True), deploy.failure
    assert any(sentence in line for line in make.log_of(deploy.journal))
    assert app.production.live == serving


def test_a_registry_that_does_not_answer_is_named(app: App, engine: FakeEngine) -> None:
    engine.world.offered.away.add("registry.example")
    deploy = deployed(app)
    assert deploy.failure_reason == "registry-unreachable"
    assert "The registry registry.example cannot be reached." in deploy.failure


def test_a_registry_in_a_forbidden_network_is_not_asked(app: App, engine: FakeEngine) -> None:
    App.objects.update(image="169.254.169.254:80/latest:1")
    app.refresh_from_db()
    deploy = deployed(app)
    assert (deploy.state, deploy.failure_reason) == ("failed", "image-refused")
    assert "Nothing is fetched from there." in deploy.failure


def test_an_image_without_a_shell_runs_its_own_entry_point(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME, has_shell=False)
    assert deployed(app).state == "live"


@pytest.mark.parametrize("where", ["web", "release", "the health check of web"])
def test_an_image_without_a_shell_says_which_command_needs_one(app: App, engine: FakeEngine, where: str) -> None:
    engine.world.offered.offer(NAME, has_shell=False)
    if where == "web":
        app.production.processes.create(name="web", quantity=1, command="serve -p $PORT")
    elif where == "the health check of web":
        app.production.processes.create(name="web", quantity=1, health="command", health_command="true")
    else:
        app.environments.update(release_command="migrate")
    deploy = deployed(app)
    assert (deploy.state, deploy.failure_reason) == ("failed", "no-shell")
    assert f"The image has no shell (/bin/sh), and a command needs one: that of {where}." in deploy.failure


def test_an_image_whose_program_is_missing_is_at_fault_itself(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME, entry=("/nothing",))
    deploy = deployed(app)
    assert (deploy.state, deploy.failure_reason) == ("failed", "not-startable")
    assert "/nothing" in deploy.failure
    assert "platform" not in deploy.failure


def test_a_release_command_runs_in_the_image_by_its_shell(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME)
    app.environments.update(release_command="echo migrating; exit 3")
    app.refresh_from_db()
    deploy = deployed(app)
    assert (deploy.state, deploy.failure_reason, deploy.exit_code) == ("failed", "release-command", 3)
    assert "migrating" in make.log_of(deploy.journal)


def test_credentials_go_to_their_own_registry_only(app: App, engine: FakeEngine) -> None:
    login = Login("ana", "a long secret")
    app.credentials = Credentials.objects.create(
        team=app.team, name="ours", registry="registry.example", username="ana", password="a long secret"
    )
    app.save()
    engine.world.offered.offer(NAME, login=login)
    engine.world.offered.offer("other.example/shop:1", login=login)
    assert deployed(app).state == "live"
    other = deployed(app, "other.example/shop:1")
    assert other.failure_reason == "registry-login"
    assert not any("a long secret" in line for line in make.log_of(other.journal))


def test_what_is_here_need_not_be_asked_for_again_if_people_say_so(app: App, engine: FakeEngine) -> None:
    first = engine.world.offered.offer(NAME, mark="first")
    assert deployed(app).state == "live"
    engine.world.offered.offer(NAME, mark="second")
    App.objects.update(image_pull="missing")
    app.refresh_from_db()
    engine.world.offered.away.add("registry.example")
    again = deployed(app)
    assert again.image
    assert (again.state, again.image.digest) == ("live", first.digest)


def test_another_team_does_not_get_what_it_cannot_fetch_by_a_name_it_has_heard_of(app: App, engine: FakeEngine) -> None:
    engine.world.offered.offer(NAME)
    assert deployed(app).state == "live"
    engine.world.offered.away.add("registry.example")
    assert deployed(of_others(NAME)).failure_reason == "registry-unreachable"


def of_others(image: str) -> App:
    """An app of another team, which asks no registry for what is here."""
    made = make.app("other", source="image", git_url="", image=image, image_pull="missing")
    App.objects.filter(pk=made.pk).update(team=make.team("Others"))
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("repository", ["registry.example/team/shop", "registry.example/others/own"])
def test_nor_by_a_digest(app: App, engine: FakeEngine, repository: str) -> None:
    offered = engine.world.offered.offer(NAME)
    assert deployed(app).state == "live"
    engine.world.offered.away.add("registry.example")
    assert deployed(of_others(f"{repository}@{offered.digest}")).failure_reason == "registry-unreachable"


def test_who_cancels_does_not_wait_for_the_registry(
    app: App, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    asked = engine.world.offered.ask

    def slow(*question: Any) -> Any:
        answers.wait(30)
        return asked(*question)

    engine.world.offered.offer(NAME)
    monkeypatch.setattr(engine.world.offered, "ask", slow)
    build = start_deploy(app.production)
    worker = threading.Thread(target=pull_next)
    worker.start()
    cancel(deploys.get(app, build.journal.number))
    worker.join(20)
    assert not worker.is_alive()
    answers.set()
    assert deploys.get(app, build.journal.number).state == "canceled"
    assert not Image.objects.exists()


def test_only_so_many_are_fetched_at_once_and_builds_do_not_count(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PULLS_AT_ONCE", 1)
    apps = [make.app(name, source="image", git_url="", image=NAME) for name in ("one", "two")]
    engine.world.offered.offer(NAME)
    make.build(make.app("built"), state="running")
    first = start_deploy(apps[0].production)
    start_deploy(apps[1].production)
    assert first.move("running")
    assert pull_next() is None
    assert first.move("failed")
    Journal.objects.filter(pk=first.journal_id).update(sealed_at="2026-01-01T00:00:00Z")
    queued()
    assert pull_next()
    assert ("builds.tasks.pull_next", []) in queued()


def test_the_periodic_look_wakes_whoever_can_work_on_what_waits(app: App, engine: FakeEngine) -> None:
    start_deploy(app.production)
    queued()
    attention.look_after()
    assert [name for name, _ in queued() if name.endswith("_next")] == ["builds.tasks.pull_next"]


def test_an_app_that_is_built_takes_no_image(shared_db: None) -> None:
    with pytest.raises(ValidationError, match="is built from its source"):
        start_deploy(make.app().production, image=NAME)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("", "Name an image"),
        ("Shop:1", "Name an image"),
        ("shop:1 --all", "Name an image"),
        ("-v", "Name an image"),
        ("https://registry.example/shop", "Name an image"),
        ("user:word@registry.example/shop", "Name an image"),
        ("registry.example/shop@sha256:123", "Name an image"),
        ("localhost/shop:1", "Nothing is fetched from there"),
        ("127.0.0.1:5000/shop:1", "Nothing is fetched from there"),
    ],
)
def test_what_is_no_image_is_refused_when_it_is_typed(shared_db: None, image: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create_app(team=make.team(), name="shop", source="image", image=image)
    assert said in caught.value.message_dict["image"][0]
    assert not App.objects.exists()


def test_credentials_of_others_or_for_another_registry_are_refused(app: App) -> None:
    others = make.team("Others")
    facts = {"username": "ana", "password": "secret"}
    theirs = Credentials.objects.create(team=others, name="theirs", registry="registry.example", **facts)
    elsewhere = Credentials.objects.create(name="hub", registry="docker.io", **facts)
    for credentials, said in [(theirs, "has no credentials theirs"), (elsewhere, "hub is for docker.io, but")]:
        with pytest.raises(ValidationError) as caught:
            change_source(app, credentials=credentials)
        assert said in caught.value.message_dict["credentials"][0]


def test_an_app_that_is_built_holds_no_credentials(app: App) -> None:
    made = Credentials.objects.create(name="ours", registry="registry.example", username="ana", password="secret")
    change_source(app, credentials=made)
    change_source(app, source="sample", sample="flask", credentials=made)
    app.refresh_from_db()
    assert app.credentials is None


def test_an_app_may_be_built_again_later(app: App, engine: FakeEngine, builder: Builder) -> None:
    engine.world.offered.offer(NAME)
    assert deployed(app).state == "live"
    registry.sync()
    change_source(app, source="sample", sample="flask")
    start_deploy(app.production)
    assert pull_next() is None
    assert build_next()
    live = app.production.live
    assert live
    assert (live.image, live.commands) == (None, {"web": "serve"})


def test_images_that_can_be_gone_back_to_are_kept_and_older_ones_let_go(app: App, engine: FakeEngine) -> None:
    PlatformLimits.objects.create(releases=2)  # what serves, and one to go back to
    digests = []
    for mark in ("first", "second", "third"):
        digests.append(engine.world.offered.offer(NAME, mark=mark).digest)
        assert deployed(app).state == "live"
        reconcile(app.production)  # what the release before ran has ended
    assert deployed(app).state == "live"  # the next one finds that nothing stands on the first any more
    assert [bool(engine.kept(digest)) for digest in digests] == [False, False, True]


def test_an_image_that_another_app_runs_is_kept(app: App, engine: FakeEngine) -> None:
    digest = engine.world.offered.offer(NAME).digest
    other = make.app("other", source="image", git_url="", image=NAME)
    assert deployed(app).state == deployed(other).state == "live"
    destroy.destroy(app)
    assert destroy.remove(app)
    assert engine.kept(digest)
    destroy.destroy(other)
    assert destroy.remove(other)
    assert engine.kept(digest) is None
