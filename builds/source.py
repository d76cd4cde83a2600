"""Fetching a source: whatever it is, afterwards it lies as a clean tar.zst in the sources storage."""

import difflib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import zstandard
from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

from builds import archives, samples
from builds.faults import BuildFailed, minutes
from builds.models import Build
from runtimes.engine.base import Job, JobSpec, Limits, Upload
from runtimes.faults import TimedOut
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import App
from runtimes.watch import Watch

NETWORK = "builds"
FETCH_SCRIPT = Path(__file__).resolve().parent / "image" / "fetch"
FETCH_LIMITS = Limits(memory=1024, cpus=1.0, pids=128)

# Exit statuses of the fetch script.
NOT_FOUND, NEEDS_LOGIN, REF_MISSING, MOVED, UNREACHABLE = 10, 11, 12, 13, 14


def fetch(build: Build, log: Writer, watch: Watch) -> None:
    """Store the build's source and write down its key, commit, author and message.

    Raises `BuildFailed` where the source is at fault, `Canceled`.
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


def bundle(**contents: bytes | str) -> list[bytes]:
    """A small tar of these files, owned by the build user and readable by it alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(data), 0o600, archives.OWNER, archives.OWNER
            tar.addfile(info, io.BytesIO(data))
    return [buffer.getvalue()]


def ca_bundle() -> dict[str, bytes]:
    """The certificates that builders shall trust, as a file for `bundle`; nothing if none are set."""
    return {"ca.crt": Path(settings.CA_BUNDLE).read_bytes()} if settings.CA_BUNDLE else {}


@contextmanager
def _stored(build: Build) -> Iterator[IO[bytes]]:
    """A file to write to, which is stored as the build's source if all goes well."""
    with tempfile.TemporaryFile() as out:
        yield out
        out.seek(0)
        build.source = storages["sources"].save(f"{build.app_id}/{build.journal.number}.tar.zst", File(out))


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
    engine().ensure_network(NETWORK)
    uploads = [Upload("/slipway", bundle(credential=app.git_secret, **ca_bundle())), Upload("/slipway/bin", _script())]
    with engine().job(_spec(build, ref), uploads) as job:
        try:
            with watch.over(job, settings.FETCH_TIMEOUT):
                for data in job.output():
                    log.write(data)
                code = job.wait().code
        except TimedOut:
            limit = minutes(settings.FETCH_TIMEOUT)
            raise BuildFailed("fetch-timeout", f"Fetching the repository took longer than {limit}.") from None
        if code:
            raise _why(code, job, app.git_url, ref)
        _keep(build, job)
    log.say(f"       {build.commit[:7]} {build.message} ({build.author})")


def _spec(build: Build, ref: str) -> JobSpec:
    return JobSpec(
        name=f"fetch-{build.pk}",
        image=build.app.stack.build_image,
        command=("/slipway/bin/fetch", build.app.git_url, ref or "HEAD"),
        labels={"slipway.app": build.app.name, "slipway.build": str(build.pk)},
        network=NETWORK,
        limits=FETCH_LIMITS,
    )


def _script() -> list[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("fetch")
        info.size, info.mode = FETCH_SCRIPT.stat().st_size, 0o755
        tar.addfile(info, io.BytesIO(FETCH_SCRIPT.read_bytes()))
    return [buffer.getvalue()]


def _keep(build: Build, job: Job) -> None:
    commit, author, message = (_read(job, "/slipway/out/commit") + "\n\n\n").split("\n")[:3]
    build.commit, build.author, build.message = commit, author[:200], message[:200]
    tree = io.BufferedReader(archives.Stream(job.read("/slipway/source")))
    with _stored(build) as out:
        archives.write_clean(archives.stream_members(tree), out, build.app.directory, strip="source")


def _read(job: Job, path: str) -> str:
    with tarfile.open(fileobj=io.BufferedReader(archives.Stream(job.read(path))), mode="r|") as tar:
        for info in tar:
            if file := tar.extractfile(info):
                return file.read(1024 * 1024).decode(errors="replace")
    return ""


def _why(code: int, job: Job, url: str, ref: str) -> BuildFailed:
    match code:
        case 10:
            return BuildFailed("repository-not-found", f"There is no repository at {url}.", code)
        case 11:
            return BuildFailed(
                "authentication-needed",
                f"{url} asks for a login: it is private, or it does not exist. "
                "Add an access token in the app's settings.",
                code,
            )
        case 12:
            return BuildFailed("ref-missing", _missing(ref, _read(job, "/slipway/out/refs")), code)
        case 13:
            return BuildFailed("repository-moved", f"{url} has moved. Set the new address in the app's settings.", code)
    return BuildFailed("repository-unreachable", f"{url} cannot be read. The lines above say what Git was told.", code)


def _missing(ref: str, refs: str) -> str:
    known = [line.split("\t")[1].split("/", 2)[2] for line in refs.splitlines() if "\t" in line]
    close = difflib.get_close_matches(ref, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"There is no branch, tag or full commit {ref} in this repository.{hint}"
