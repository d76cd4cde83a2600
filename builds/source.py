"""Fetching a source: whatever it is, afterwards it lies as a clean tar.zst in the sources storage."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import zstandard
from django.core.files import File
from django.core.files.storage import storages

from builds import archives, git, samples
from builds.models import Build
from runtimes.faults import PlatformFailed
from runtimes.journal import Writer
from runtimes.models import App
from runtimes.watch import Watch


def fetch(build: Build, log: Writer, watch: Watch) -> None:
    """Store the build's source and write down its key, commit, author and message.

    Raises `BuildFailed` where the source is at fault, `Canceled`, `PlatformFailed`.
    """
    if build.archive or build.app.source == App.Source.ARCHIVE:
        _fetch_archive(build, log)
    elif build.app.source == App.Source.SAMPLE:
        log.say(f"-----> Using the sample {build.app.sample}")
        with _stored(build) as out:
            archives.write_clean(samples.members(build.app.sample), out)
    else:
        _fetch_git(build, log, watch)
    build.save(update_fields=["source", "commit", "author", "message"])


def unpack(key: str) -> Iterator[bytes]:
    """A stored source as a plain tar stream, never whole in memory."""
    with storages["sources"].open(key) as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(1024 * 1024):
            yield chunk


@contextmanager
def _stored(build: Build) -> Iterator[IO[bytes]]:
    """A file to write to, which is stored as the build's source if all goes well."""
    with tempfile.TemporaryFile() as out:
        yield out
        out.seek(0)
        try:
            build.source = storages["sources"].save(f"{build.app_id}/{build.journal.number}.tar.zst", File(out))
        except OSError as error:
            raise PlatformFailed(f"The source cannot be stored: {error.strerror or error}.") from error


def _fetch_archive(build: Build, log: Writer) -> None:
    log.say(f"-----> Reading the archive {build.app.archive_name if not build.archive else ''}".rstrip())
    upload = storages["sources"].open(build.archive or build.app.archive)
    with upload, archives.opened(cast(IO[bytes], upload)) as members, _stored(build) as out:
        strip = archives.wrapper(member.info.name for member in members())
        count = archives.write_clean(members(), out, build.app.directory, strip)
    log.say(f"       {count} files")


def _fetch_git(build: Build, log: Writer, watch: Watch) -> None:
    app, ref = build.app, build.ref or build.app.git_ref
    log.say(f"-----> Fetching {app.git_url}" + (f" at {ref}" if ref else ""))
    request = git.Request(
        url=app.git_url,
        ref=ref,
        secret=app.git_secret,
        name=f"fetch-{build.pk}",
        image=app.stack.build_image,
        labels={"slipway.app": app.name, "slipway.build": str(build.pk)},
    )
    with git.checkout(request, watch, log.write) as found:
        build.commit, build.author, build.message = found.commit, found.author[:200], found.message[:200]
        with _stored(build) as out:
            archives.write_clean(found.members(), out, app.directory, strip=git.TOP)
    log.say(f"       {build.commit[:7]} {build.message} ({build.author})")
