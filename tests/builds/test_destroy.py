"""Of a destroyed app nothing stays, and nothing of others goes."""

import pytest
from django.core.files.storage import storages

from builds import attention, deploys
from builds.destroy import destroy, remove
from builds.models import Build
from builds.run import build_next, claim
from builds.start import start_deploy
from runtimes import journal
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Instance, Journal, LogChunk, Release, Slug, Stack
from runtimes.reconcile import reconcile
from tests import factories as make
from tests.builder import Builder
from tests.builds.tars import file, tar
from tests.doubles import queued, routes

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


def files(name: str) -> list[str]:
    """All files of a storage."""
    storage = storages[name]
    return [f"{top}/{each}" for top in storage.listdir("")[0] for each in storage.listdir(top)[1]]


def deploy(app: App) -> None:
    start_deploy(app.production)
    assert build_next()


def caches(engine: FakeEngine) -> list[str]:
    """The volumes that belong to apps; what they share is the platform's."""
    return [name for name in engine.world.volumes if "-cache-" in name]


def test_nothing_of_it_stays(app: App, engine: FakeEngine, builder: Builder) -> None:
    deploy(app)
    destroy(app)
    assert ("builds.tasks.remove_app", [app.pk]) in queued()
    attention.remove_destroyed(App.objects.filter(pk=app.pk))
    for model in (App, Build, Release, Slug, Journal, LogChunk, Instance):
        assert not model.objects.exists(), model
    assert engine.observe({"slipway.app": "shop"}) == []
    assert caches(engine) == []
    assert [name for name in engine.world.images if "slug" in name] == []
    assert (files("sources"), files("slugs"), routes(engine)) == ([], [], {})


def test_what_two_of_its_own_builds_share_goes_as_well(app: App, engine: FakeEngine, builder: Builder) -> None:
    deploy(app)
    deploy(app)
    assert Slug.objects.values("sha256").distinct().count() == 1
    destroy(app)
    assert remove(app)
    assert files("slugs") == []
    assert [name for name in engine.world.images if "slug" in name] == []


def test_nothing_of_others_goes(app: App, engine: FakeEngine, builder: Builder) -> None:
    other = make.uploaded(tar(file("Procfile", b"")), name="shop-two")
    deploy(app)
    deploy(other)  # the very same slug
    destroy(app)
    assert remove(app)
    assert deploys.get(other, 1).state == "live"
    assert len(engine.observe({"slipway.kind": "instance"})) == 1
    assert len(files("slugs")) == 1
    assert list(routes(engine)) == ["shop-two.localhost"]
    reconcile(other.production)
    assert len(routes(engine)["shop-two.localhost"]) == 1
    assert [name for name in engine.world.volumes if "shop-two" in name]


def test_what_it_kept_on_another_stack_goes_too(app: App, engine: FakeEngine, builder: Builder) -> None:
    deploy(app)
    app.stack = Stack.objects.exclude(pk=app.stack_id).get()
    app.save()
    deploy(app)
    assert len(caches(engine)) == 2
    destroy(app)
    assert remove(app)
    assert caches(engine) == []


def test_what_waits_is_canceled_and_what_runs_is_waited_for(app: App, engine: FakeEngine) -> None:
    start_deploy(app.production)
    build = claim("worker")
    assert build
    start_deploy(app.production)
    destroy(app)
    assert deploys.get(app, 2).state == "canceled"
    assert deploys.get(app, 1).is_canceling
    assert not remove(app)
    build.move("canceled")
    journal.close(build.journal)
    assert remove(app)


def test_a_release_that_is_on_its_way_is_canceled_and_waited_for(app: App, engine: FakeEngine) -> None:
    release = make.release(app.production, "pending")
    destroy(app)
    release.journal.refresh_from_db()
    assert release.journal.cancel_requested_at
    assert not remove(app)


def test_a_reconciliation_that_comes_late_starts_nothing_again(app: App, engine: FakeEngine, builder: Builder) -> None:
    deploy(app)
    environment = app.production
    destroy(app)
    engine.stop([one.ref for one in engine.observe({"slipway.app": "shop"})])
    reconcile(environment)
    assert engine.observe({"slipway.app": "shop"}) == []
    assert remove(app)
    reconcile(environment)
    assert engine.observe({"slipway.app": "shop"}) == []


def test_a_removal_that_the_engine_refused_is_tried_again(app: App, engine: FakeEngine, builder: Builder) -> None:
    deploy(app)
    destroy(app)
    engine.world.away = True
    attention.look_after()
    assert App.objects.exists()
    engine.world.away = False
    attention.look_after()
    assert not App.objects.exists()
    assert files("slugs") == []
