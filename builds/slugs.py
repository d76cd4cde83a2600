"""Collecting a slug: from the builder into the slugs storage, checked on the way, never whole in memory."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from django.core.files import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from builds import let_go
from builds.archives import Stream
from builds.channel import Event
from builds.models import Build
from runtimes.engine.base import Job
from runtimes.faults import PlatformFailed
from runtimes.holding import hold
from runtimes.models import Slug

CHUNK_BYTES = 1024 * 1024


def collect(build: Build, job: Job, told: Event) -> Slug:
    """Store the slug that the driver told of; return its row.

    Raises `PlatformFailed` if the storage cannot be written or what came is not what was told.
    """
    slug = Slug(
        app=build.app,
        sha256=told["sha256"],
        size=told["size"],
        unpacked=told["unpacked"],
        stack=build.app.stack,
        platform=told["platform"],
        process_types=told["process_types"],
        release_command=told.get("release_command") or "",
        commit=build.commit,
        message=build.message,
    )
    for _try in range(2):  # once more if it is removed as soon as it is stored: with the last slug that was the same
        if _is_kept(slug):
            return slug
        _store(slug, job, told["path"])
    if _is_kept(slug):
        return slug
    raise PlatformFailed(_("The slug is not where it was stored."))


def _is_kept(slug: Slug) -> bool:
    """Write it down if its archive is there; whoever removes archives has done so before, or sees it."""
    with hold(let_go.SLUGS):
        if is_there := storages["slugs"].exists(slug.key):
            slug.save()
    return is_there


def _store(slug: Slug, job: Job, path: str) -> None:
    """Store its archive; one that was stored meanwhile stays as it is."""
    digest, stored = hashlib.sha256(), ""
    try:
        with tarfile.open(fileobj=io.BufferedReader(Stream(job.read(path)), CHUNK_BYTES), mode="r|") as tar:
            stored = _save(slug, tar, digest.update)
    except tarfile.TarError as error:
        raise _removed(stored, _("The slug did not arrive whole: %(why)s.") % {"why": error}) from error
    except OSError as error:
        raise _removed(stored, _("The slug cannot be stored: %(why)s.") % {"why": error.strerror or error}) from error
    if digest.hexdigest() != slug.sha256:
        raise _removed(stored, _("The slug was damaged on its way to the storage."))
    if stored != slug.key:
        storages["slugs"].delete(stored)


def _removed(key: str, why: str) -> PlatformFailed:
    """What to raise, once the storage does not hold what is no slug."""
    with suppress(OSError):
        if key:
            storages["slugs"].delete(key)
    return PlatformFailed(why)


def _save(slug: Slug, tar: tarfile.TarFile, on_read: Callable[[bytes], object]) -> str:
    member = tar.next()
    content = tar.extractfile(member) if member else None
    if content is None:
        raise PlatformFailed(_("The builder's slug is not where it said."))
    chunks = iter(lambda: content.read(CHUNK_BYTES), b"")
    return storages["slugs"].save(slug.key, File(cast(IO[bytes], Stream(chunks, on_read=on_read))))
