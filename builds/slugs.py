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

from builds.archives import Stream
from builds.channel import Event
from builds.models import Build
from runtimes.engine.base import Job
from runtimes.faults import PlatformFailed
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
    if not storages["slugs"].exists(slug.key):
        _store(slug, job, told["path"])
    slug.save()
    return slug


def _store(slug: Slug, job: Job, path: str) -> None:
    digest = hashlib.sha256()
    try:
        with tarfile.open(fileobj=io.BufferedReader(Stream(job.read(path)), CHUNK_BYTES), mode="r|") as tar:
            _save(slug, tar, digest.update)
    except tarfile.TarError as error:
        raise _removed(slug, _("The slug did not arrive whole: %(why)s.") % {"why": error}) from error
    except OSError as error:
        raise _removed(slug, _("The slug cannot be stored: %(why)s.") % {"why": error.strerror or error}) from error
    if digest.hexdigest() != slug.sha256:
        raise _removed(slug, _("The slug was damaged on its way to the storage."))


def _removed(slug: Slug, why: str) -> PlatformFailed:
    """What to raise, once the storage does not hold what is no slug."""
    with suppress(OSError):
        storages["slugs"].delete(slug.key)
    return PlatformFailed(why)


def _save(slug: Slug, tar: tarfile.TarFile, on_read: Callable[[bytes], object]) -> None:
    member = tar.next()
    content = tar.extractfile(member) if member else None
    if content is None:
        raise PlatformFailed(_("The builder's slug is not where it said."))
    chunks = iter(lambda: content.read(CHUNK_BYTES), b"")
    storages["slugs"].save(slug.key, File(cast(IO[bytes], Stream(chunks, on_read=on_read))))
