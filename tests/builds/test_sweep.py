"""What is swept up: files that belong to nothing, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from buildpacks.models import Buildpack
from builds.models import Detection
from builds.sweep import sweep
from builds.tasks import clean_up
from runtimes import journal
from runtimes.models import App, Slug
from runtimes.storage import WholeFileStorage
from tests import factories as make

pytestmark = pytest.mark.usefixtures("shared_db", "engine")
NOW = timedelta(0)


def stored(storage: str, *keys: str) -> None:
    for key in keys:
        assert storages[storage].save(key, ContentFile(b"x")) == key


def there(storage: str, *keys: str) -> list[bool]:
    return [storages[storage].exists(key) for key in keys]


def test_an_archive_that_was_replaced_goes_and_what_rows_name_stays(shared_db: None) -> None:
    app = make.app()
    keys = [f"{app.pk}/{name}" for name in ("its-own", "of-a-build", "fetched", "replaced", ".partial-x")]
    stored("sources", *keys, "4711/of-nobody")
    App.objects.filter(pk=app.pk).update(archive=keys[0])
    build = make.build(app, state="failed", archive=keys[1], source=keys[2])
    journal.seal(build.journal)
    sweep(NOW)
    assert there("sources", *keys, "4711/of-nobody") == [True, True, True, False, False, False]


@pytest.mark.parametrize("who", ["a build", "a preview"])
def test_nothing_is_taken_from_who_reads_it(who: str) -> None:
    reads, rests = make.app(), make.app("rests")
    if who == "a build":
        make.build(reads, state="running")
    else:
        Detection.objects.create(app=reads)
    keys = [f"{app.pk}/replaced" for app in (reads, rests)]
    stored("sources", *keys)
    sweep(NOW)
    assert there("sources", *keys) == [True, False]


def test_a_slug_without_a_row_goes(shared_db: None) -> None:
    slug = make.slug(make.app())
    gone = make.slug(slug.app, removed_at="2026-01-01T00:00:00Z")
    litter = [f"ab/{'ab' * 32}.tar.zst", slug.key.replace(".tar", "_x1Y2z3.tar"), f"{slug.key[:2]}/.partial-x"]
    stored("slugs", *litter)
    sweep(NOW)
    assert there("slugs", slug.key, gone.key, *litter) == [True, True, False, False, False]
    assert Slug.objects.count() == 2


def test_a_buildpacks_archive_stays_and_uploads_until_they_are_taken_in() -> None:
    stored("buildpacks", "mine/1.tar.zst", "mine/0.tar.zst", "uploads/one")
    Buildpack.objects.create(name="mine", kind="git", archive="mine/1.tar.zst")
    awaited = Buildpack.objects.create(name="other", kind="upload")
    sweep(NOW)
    assert there("buildpacks", "mine/1.tar.zst", "mine/0.tar.zst", "uploads/one") == [True, False, True]
    Buildpack.objects.filter(pk=awaited.pk).update(problem="It is no archive.")
    sweep(NOW)
    assert there("buildpacks", "mine/1.tar.zst", "uploads/one") == [True, False]


def test_a_clean_up_leaves_what_is_new(shared_db: None) -> None:
    stored("sources", "1/new")
    clean_up()
    assert there("sources", "1/new") == [True]


def test_what_a_killed_worker_was_writing_goes_from_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(storages._storages, "sources", WholeFileStorage(tmp_path / "sources"))  # type: ignore[attr-defined]
    sweep(NOW)  # nothing was ever stored
    stored("sources", "1/whole")
    partial = tmp_path / "sources" / "1" / ".partial-x"
    partial.write_bytes(b"half")
    App.objects.update_or_create(pk=make.app().pk, defaults={"archive": "1/whole"})
    sweep(NOW)
    assert (partial.exists(), there("sources", "1/whole")) == (False, [True])
