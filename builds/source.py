"""Fetching a source: whatever it is, afterwards it lies as a clean tar.zst in the sources storage."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple, Protocol, cast

import zstandard
from django.core.files import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from builds import archives, git, samples
from runtimes.models import App
from runtimes.storage import store
from runtimes.watch import Watch


class Pen(Protocol):
    """Where to write what happens; a journal's writer is one."""

    def say(self, text: str) -> None:
        """Lines of the platform's own."""

    def write(self, data: bytes) -> None:
        """Output of a container, cut anywhere."""


class Wanted(NamedTuple):
    """What to fetch for whom: the app's source as it is set, at `ref`, or the uploaded `archive` instead.

    `name` is where it shall lie in the sources storage, without its ending.
    """

    app: App
    name: str
    ref: str = ""
    archive: str = ""


class Fetched(NamedTuple):
    """What was found: its key in the sources storage, and of Git the full commit, its author and its first line."""

    key: str
    commit: str = ""
    author: str = ""
    message: str = ""


def fetch(wanted: Wanted, log: Pen, watch: Watch) -> Fetched:
    """Fetch and store. Raises `BuildFailed` where the source is at fault, `Canceled`, `PlatformFailed`."""
    app = wanted.app
    if wanted.archive or app.source == App.Source.ARCHIVE:
        return _fetch_archive(wanted, log)
    if app.source == App.Source.GIT:
        return _fetch_git(wanted, log, watch)
    log.say("-----> " + _("Using the sample %(sample)s") % {"sample": app.sample})
    with tempfile.TemporaryFile() as out:
        archives.write_clean(samples.members(app.sample), out, app.directory)
        return Fetched(_store(wanted, out))


def unpack(key: str) -> Iterator[bytes]:
    """A stored source as a plain tar stream, never whole in memory."""
    with storages["sources"].open(key) as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(1024 * 1024):
            yield chunk


def _store(wanted: Wanted, out: IO[bytes]) -> str:
    out.seek(0)
    return store("sources", f"{wanted.app.pk}/{wanted.name}.tar.zst", File(out), _("The source"))


def _fetch_archive(wanted: Wanted, log: Pen) -> Fetched:
    app = wanted.app
    told = _("Reading the archive %(name)s") % {"name": "" if wanted.archive else app.archive_name}
    log.say(f"-----> {told.rstrip()}")
    with _opened(wanted) as upload, archives.opened(upload) as members, tempfile.TemporaryFile() as out:
        strip = archives.wrapper(member.info.name for member in members())
        count = archives.write_clean(members(), out, app.directory, strip)
        log.say("       " + ngettext("%(n)d file", "%(n)d files", count) % {"n": count})
        return Fetched(_store(wanted, out))


@contextmanager
def _opened(wanted: Wanted) -> Iterator[IO[bytes]]:
    with storages["sources"].open(wanted.archive or wanted.app.archive) as upload:
        yield cast(IO[bytes], upload)


def _fetch_git(wanted: Wanted, log: Pen, watch: Watch) -> Fetched:
    app, ref = wanted.app, wanted.ref or wanted.app.git_ref
    words = _("Fetching %(url)s at %(ref)s") if ref else _("Fetching %(url)s")
    log.say("-----> " + words % {"url": app.git_url, "ref": ref})
    request = git.Request(
        url=app.git_url,
        ref=ref,
        secret=app.git_secret,
        host_keys=app.git_host_keys,
        name=f"fetch-{app.name}-{wanted.name}",
        image=app.stack.build_image,
        labels={"slipway.app": app.name},
    )
    with git.checkout(request, watch, log.write) as found, tempfile.TemporaryFile() as out:
        archives.write_clean(found.members(), out, app.directory, strip=git.TOP)
        log.say(f"       {found.commit[:7]} {found.message} ({found.author})")
        if found.host_keys:  # those of the address that was asked, should it have been changed meanwhile
            App.objects.filter(pk=app.pk, git_url=app.git_url).update(git_host_keys=found.host_keys)
        return Fetched(_store(wanted, out), found.commit, found.author[:200], found.message[:200])
