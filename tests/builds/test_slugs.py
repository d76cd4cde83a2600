"""Collecting a slug from the builder."""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import Settings

from builds.models import Build
from builds.slugs import collect
from runtimes.engine.base import Exit
from runtimes.faults import PlatformFailed
from runtimes.models import Slug
from runtimes.storage import WholeFileStorage
from tests import factories as make

PATH = "/slipway/out/slug.tar.zst"


class BuilderJob:
    """A builder that has ended and gives its slug as a tar stream, in pieces."""

    ref = "builder"

    def __init__(self, stream: bytes) -> None:
        self.stream, self.reads = stream, 0

    def output(self) -> Iterator[bytes]:
        return iter(())

    def wait(self) -> Exit:
        return Exit(0)

    def kill(self) -> None:
        return

    def read(self, path: str) -> Iterator[bytes]:
        assert path == PATH
        self.reads += 1
        return (self.stream[start : start + 1000] for start in range(0, len(self.stream), 1000))


def stream(content: bytes) -> bytes:
    """A slug as the engine gives it."""
    return make.tar_bytes({"slug.tar.zst": content})


def told(content: bytes, **facts: Any) -> dict[str, Any]:
    """What the driver says of it."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {
        "event": "slug",
        "path": PATH,
        "sha256": sha256,
        "size": len(content),
        "unpacked": 5,
        "platform": "linux/amd64",
        "process_types": {"web": "serve"},
        "release_command": None,
    } | facts


@pytest.fixture(autouse=True)
def on_disk(settings: Settings, tmp_path: Path) -> None:
    """A storage in which a file is whole or not there, as in an installation's."""
    (place := tmp_path / "slugs").mkdir()
    settings.STORAGES = settings.STORAGES | {
        "slugs": {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": place}}
    }


@pytest.fixture
def build(db: None) -> Build:
    return make.build(make.app(), commit="abc", message="First")


def stored() -> list[str]:
    """What lies in the slugs storage."""
    storage = storages["slugs"]
    return [f"{top}/{name}" for top in storage.listdir("")[0] for name in storage.listdir(top)[1]]


def test_a_slug_is_stored_under_its_sum_and_written_down(build: Build) -> None:
    slug = collect(build, BuilderJob(stream(b"the slug")), told(b"the slug"))
    assert slug.key == f"{slug.sha256[:2]}/{slug.sha256}.tar.zst"
    assert storages["slugs"].open(slug.key).read() == b"the slug"
    slug.refresh_from_db()
    assert (slug.app, slug.size, slug.commit, slug.message) == (build.app, 8, "abc", "First")
    assert (slug.process_types, slug.release_command) == ({"web": "serve"}, "")


def test_a_slug_that_is_there_is_not_stored_twice(build: Build) -> None:
    first = collect(build, BuilderJob(stream(b"same")), told(b"same"))
    again = BuilderJob(stream(b"same"))
    second = collect(build, again, told(b"same"))
    assert first.key == second.key
    assert first.pk != second.pk
    assert (again.reads, len(stored())) == (0, 1)


@pytest.mark.parametrize(
    "arrived",
    [stream(b"thE slug"), stream(b"the slug")[:515], stream(b"the slug and more"), b"", b"no tar" * 500],
    ids=["other", "cut", "more", "nothing", "no tar"],
)
def test_a_slug_that_was_damaged_on_its_way_is_refused_and_removed(build: Build, arrived: bytes) -> None:
    with pytest.raises(PlatformFailed):
        collect(build, BuilderJob(arrived), told(b"the slug"))
    assert stored() == []
    assert not Slug.objects.exists()


def test_a_directory_in_its_place_is_refused(build: Build) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("slug.tar.zst")
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    with pytest.raises(PlatformFailed):
        collect(build, BuilderJob(buffer.getvalue()), told(b""))


def test_a_storage_that_cannot_be_written_is_the_platforms_fault(
    build: Build, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    away = {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": tmp_path / "file" / "slugs"}}
    settings.STORAGES = settings.STORAGES | {"slugs": away}
    with pytest.raises(PlatformFailed, match="cannot be stored"):
        collect(build, BuilderJob(stream(b"the slug")), told(b"the slug"))
    assert not Slug.objects.exists()


class OnceRemoved(WholeFileStorage):
    """A storage from which the first file is removed as soon as it is stored."""

    was_removed = False

    def save(self, *args: Any, **kwargs: Any) -> str:
        name = super().save(*args, **kwargs)
        if not self.was_removed:
            self.delete(name)
        self.was_removed = True
        return name


def test_an_archive_that_is_removed_with_an_equal_slug_is_stored_again(
    build: Build, settings: Settings, tmp_path: Path
) -> None:
    settings.STORAGES = settings.STORAGES | {
        "slugs": {"BACKEND": f"{__name__}.OnceRemoved", "OPTIONS": {"location": tmp_path}}
    }
    job = BuilderJob(stream(b"the slug"))
    slug = collect(build, job, told(b"the slug"))
    assert storages["slugs"].exists(slug.key)
    assert job.reads == 2


class Slower(BuilderJob):
    """A builder whose slug arrives when another one has stored the very same."""

    def read(self, path: str) -> Iterator[bytes]:
        collect(make.build(make.app("blog")), BuilderJob(stream(b"the slug")), told(b"the slug"))
        return super().read(path)


def test_of_two_who_store_the_same_at_once_one_archive_stays(build: Build) -> None:
    slug = collect(build, Slower(stream(b"the slug")), told(b"the slug"))
    assert stored() == [slug.key]


def test_a_damaged_slug_takes_no_whole_one_along(build: Build) -> None:
    with pytest.raises(PlatformFailed, match="damaged"):
        collect(build, Slower(stream(b"thE slug")), told(b"the slug"))
    assert stored() == [Slug.objects.get().key]


def test_a_slug_of_another_name_in_the_storage_is_left_alone(build: Build) -> None:
    storages["slugs"].save("zz/other", ContentFile(b"other"))
    with pytest.raises(PlatformFailed):
        collect(build, BuilderJob(stream(b"broken")), told(b"the slug"))
    assert stored() == ["zz/other"]


@pytest.mark.thorough
def test_a_slug_of_half_a_gigabyte_costs_no_memory(tmp_path: Path) -> None:
    script, quick = Path(__file__).with_name("collect_large_slug.py"), Path("/dev/shm")
    place = tempfile.mkdtemp(dir=quick if quick.is_dir() and shutil.disk_usage(quick).free > 2**30 else tmp_path)
    ended = subprocess.run(
        [sys.executable, str(script), place, str(500 * 1024 * 1024)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    shutil.rmtree(place)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 64 * 1024, "KB of memory"
