"""What a clean-up removes, and above all what it leaves."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from builds import cleanup, deploys
from builds.models import Build
from runtimes import journal
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.freeze import make_release
from runtimes.models import App, Environment, Instance, Journal, LogChunk, PlatformLimits, Release, Slug
from runtimes.release import possible_rollbacks, roll_back
from tests import factories as make

pytestmark = pytest.mark.usefixtures("shared_db", "engine")


def limit(**limits: int) -> None:
    PlatformLimits.objects.update_or_create(pk=1, defaults=limits)


def clean() -> None:
    cleanup.carry_out(cleanup.plan())


@pytest.fixture
def shop(shared_db: None) -> Environment:
    """Five releases have served, the sixth serves; all of slugs of their own."""
    environment = make.app().production
    for state in ("retired",) * 5 + ("live",):
        make.release(environment, state)
    return environment


def numbers() -> list[int]:
    """The releases whose slug is still there."""
    return sorted(Release.objects.filter(slug__removed_at=None).values_list("number", flat=True))


def test_the_slugs_of_the_latest_releases_stay_and_older_ones_go(shop: Environment, engine: FakeEngine) -> None:
    limit(releases=3)
    old = Release.objects.get(number=1).slug
    assert old
    engine.restore(old.sha256, "slipway/debian-12:run", [make.tar_bytes({})])
    clean()
    assert numbers() == [4, 5, 6]
    assert not storages["slugs"].exists(old.key)
    assert engine.restored(old.sha256) is None
    assert all(storages["slugs"].exists(slug.key) for slug in Slug.objects.filter(removed_at=None))
    assert Release.objects.filter(slug__size__gt=0).count() == 6  # the ledger has no holes
    assert not cleanup.plan()


def test_one_can_go_back_to_what_is_left_and_is_offered_nothing_else(shop: Environment) -> None:
    limit(releases=3)
    clean()
    assert [release.number for release in possible_rollbacks(shop)] == [5, 4]
    back = roll_back(shop.releases.get(number=4))
    assert back.slug == shop.releases.get(number=4).slug


def test_a_plan_touches_nothing(shop: Environment) -> None:
    limit(releases=1)
    found = cleanup.plan()
    assert len(found.slugs) == 5
    assert found.bytes == sum(slug.size for slug in found.slugs)
    assert numbers() == [1, 2, 3, 4, 5, 6]
    assert len(storages["slugs"].listdir("")[0]) == 6


def test_what_serves_or_comes_or_has_instances_stays_however_old(shop: Environment) -> None:
    limit(releases=1)
    Release.objects.filter(number=6).update(state="retired")
    Release.objects.filter(number=1).update(state="live")
    Instance.objects.create(environment=shop, release=shop.releases.get(number=2), process="web", index=1, state="up")
    Release.objects.filter(number=3).update(state="pending")
    clean()
    assert numbers() == [1, 2, 3, 6]


def test_each_environment_keeps_its_own(shop: Environment) -> None:
    limit(releases=2)
    staging = shop.app.environments.create(name="staging")
    make.release(staging, "retired", of=shop.releases.get(number=1).slug)
    clean()
    assert sorted(shop.releases.filter(slug__removed_at=None).values_list("number", flat=True)) == [1, 5, 6]
    assert staging.releases.get().slug


def test_the_slug_of_a_build_that_is_not_released_yet_stays(shop: Environment) -> None:
    limit(releases=1)
    fresh = make.slug(shop.app)
    build = make.build(shop.app, state="succeeded", slug=fresh)
    clean()
    assert Slug.objects.filter(pk=fresh.pk, removed_at=None).exists()
    journal.seal(build.journal)
    clean()
    assert not Slug.objects.filter(pk=fresh.pk, removed_at=None).exists()
    assert not storages["slugs"].exists(fresh.key)


def test_one_archive_of_two_slugs_stays_while_one_of_them_does(shop: Environment) -> None:
    limit(releases=1)
    live = shop.releases.get(number=6).slug
    assert live
    Slug.objects.filter(releases__number=1).update(sha256=live.sha256)
    clean()
    assert storages["slugs"].exists(live.key)


def test_somebody_who_goes_back_while_it_is_cleaned_up_keeps_the_slug(shop: Environment) -> None:
    limit(releases=1)
    found = cleanup.plan()
    roll_back(shop.releases.get(number=5))
    cleanup.carry_out(found)
    kept = shop.releases.get(number=7).slug
    assert kept
    assert storages["slugs"].exists(kept.key)


def test_what_served_again_while_it_is_cleaned_up_stays_among_the_latest(shop: Environment) -> None:
    limit(releases=2)
    found = cleanup.plan()
    again = shop.releases.get(number=2).slug
    Release.objects.filter(number=6).update(state="retired")
    make.release(shop, "retired", of=again)
    make.release(shop, "live")
    cleanup.carry_out(found)
    assert again
    assert again in [release.slug for release in possible_rollbacks(shop)]
    assert storages["slugs"].exists(again.key)


def test_what_is_deployed_again_while_it_is_cleaned_up_stays(shop: Environment) -> None:
    old = make.image(shop.app)
    build = source(shop.app, "one")
    limit(releases=1, sources=1)
    source(shop.app, "two")
    found = cleanup.plan()
    assert (found.images, found.sources) == ([old], [build.source])
    make.build(shop.app, found=old, source=build.source)
    cleanup.carry_out(found)
    old.refresh_from_db()
    assert old.removed_at is None
    assert storages["sources"].exists(build.source)


def test_what_cannot_be_removed_now_is_removed_another_time(shop: Environment, engine: FakeEngine) -> None:
    limit(releases=5)
    old = shop.releases.get(number=1).slug
    assert old
    engine.world.away = True
    with pytest.raises(EngineError):
        clean()
    engine.world.away = False
    assert storages["slugs"].exists(old.key)
    clean()
    assert not storages["slugs"].exists(old.key)
    assert numbers() == [2, 3, 4, 5, 6]


def test_an_app_that_is_destroyed_meanwhile_stops_no_clean_up(shop: Environment) -> None:
    other = make.app("blog").production
    for state in ("retired", "live"):
        make.release(other, state)
    limit(releases=1)
    found = cleanup.plan()
    shop.releases.all().delete()
    shop.app.delete()
    cleanup.carry_out(found)
    assert numbers() == [2]


def test_what_was_cleaned_up_in_the_meantime_is_not_released(shop: Environment) -> None:
    limit(releases=1)
    old = shop.releases.get(number=1)
    clean()
    assert old.slug
    with pytest.raises(ValidationError, match="cleaned up"):
        make_release(old.slug, shop, journal=make.record(shop))
    assert shop.releases.count() == 6


def source(app: App, name: str, **facts: object) -> Build:
    """A build that is over, whose source lies in the storage."""
    key = storages["sources"].save(f"{app.pk}/{name}", ContentFile(b"source"))
    build = make.build(app, state="failed", source=key, **facts)
    journal.note(build.journal, "a line")
    journal.seal(build.journal)
    return build


def test_the_sources_of_the_latest_deploys_stay_and_those_that_a_later_one_repeats() -> None:
    limit(sources=2)
    app = make.app()
    first, second, third = (source(app, name) for name in ("one", "two", "three"))
    make.build(app, state="queued", source=first.source)
    clean()
    assert [storages["sources"].exists(build.source) for build in (first, second, third)] == [True, False, True]
    assert Build.objects.get(pk=second.pk).source == ""


def test_an_apps_own_archive_stays() -> None:
    limit(sources=1)
    app = make.uploaded(b"archive")
    make.build(app, state="failed", archive=app.archive)
    source(app, "two")
    Journal.objects.update(sealed_at="2026-01-01T00:00:00Z")
    clean()
    assert storages["sources"].exists(app.archive)


def test_the_logs_of_the_latest_deploys_stay_and_the_ledger_has_no_holes() -> None:
    limit(logs=1)
    app = make.app()
    old, new = source(app, "one"), source(app, "two")
    clean()
    assert [LogChunk.objects.filter(journal=build.journal).exists() for build in (old, new)] == [False, True]
    assert [deploy.number for deploy in deploys.of(app)] == [2, 1]
    assert not cleanup.plan()
