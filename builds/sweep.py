"""Sweeping up: files of which no row knows, left by workers that were killed and by archives that were replaced."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import Storage, storages
from django.utils import timezone

from buildpacks.models import Buildpack
from builds import let_go
from builds.models import Build, Detection
from runtimes.holding import hold
from runtimes.models import App, Journal, Slug

log = logging.getLogger(__name__)

# What is younger may be about to get its row.
AGE = timedelta(days=1)


def sweep(age: timedelta = AGE) -> None:
    """Remove what lies in the storages for longer than this, of no row, and read by nobody."""
    _remove("sources", _sources(age))
    _remove("buildpacks", _buildpacks(age))
    for key in _old("slugs", age):
        with hold(let_go.SLUGS):  # a build that makes the very same says so before or after
            if not Slug.objects.filter(sha256=key.rpartition("/")[2].removesuffix(".tar.zst")).exists():
                _remove("slugs", [key])


def _sources(age: timedelta) -> list[str]:
    """Those of apps of which nothing is fetched or read at the moment."""
    named = set(App.objects.values_list("archive", flat=True))
    named.update(*Build.objects.exclude(source="", archive="").values_list("source", "archive"))
    busy = set(Journal.objects.filter(sealed_at=None).values_list("app", flat=True))
    busy |= set(Detection.objects.filter(state="running").values_list("app", flat=True))
    at_work = tuple(f"{app}/" for app in busy)
    return [key for key in _old("sources", age) if key not in named and not key.startswith(at_work)]


def _buildpacks(age: timedelta) -> list[str]:
    """Those that are no buildpack's; what was uploaded stays until it is known what becomes of it."""
    rows = Buildpack.objects.all()
    awaited = ("uploads/",) if rows.filter(kind=Buildpack.Kind.UPLOAD, archive="", problem="").exists() else ()
    named = set(rows.values_list("archive", flat=True))
    return [key for key in _old("buildpacks", age) if key not in named and not key.startswith(awaited)]


def _old(storage: str, age: timedelta) -> Iterator[str]:
    where, before = storages[storage], timezone.now() - age
    for key in _files(where):
        try:
            is_old = where.get_modified_time(key) < before
        except FileNotFoundError:  # somebody was faster
            continue
        if is_old:
            yield key


def _files(where: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, files = where.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from _files(where, f"{folder}{name}/")


def _remove(storage: str, keys: list[str]) -> None:
    for key in keys:
        log.info("Nothing knows of %s in the storage of %s: it is removed", key, storage)
        storages[storage].delete(key)
