"""Obtaining a remote buildpack: fetched once in a container, verified, kept, and never changed after."""

import hashlib
import io
import tarfile
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from buildpacks.models import Buildpack
from builds import archives, git
from builds.faults import BuildFailed, minutes
from builds.register import TOPIC, held_as
from builds.uploads import bundle, ca_bundle
from runtimes import addresses, bell
from runtimes.engine.base import EngineError, Job, JobSpec, Limits, Upload
from runtimes.faults import Fault, TimedOut
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Hold, Stack
from runtimes.watch import Watch, worker_name

MOST_BYTES = 200 * 1024**2
LIMITS = Limits(memory=512, cpus=1.0, pids=64)
CHUNKS_HEARD, WORDS_BYTES = 16, 300
NEEDED = ("bin/detect", "bin/compile")

UNREACHABLE = gettext_noop("%(url)s cannot be fetched: %(said)s")

# What Git's faults are called where no app and no log is in sight: by their reason.
SENTENCES = {
    "authentication-needed": gettext_noop("%(url)s asks for a login. Fetch it yourself and upload it as an archive."),
    "repository-moved": gettext_noop("%(url)s has moved. Add it with its new address."),
    "repository-unreachable": UNREACHABLE,
    "address-refused": UNREACHABLE,
}
Kind = Buildpack.Kind


def obtain(buildpack: Buildpack, upload: str = "") -> None:
    """Fetch, verify and store it; what goes wrong is written down as its `problem`."""
    with hold(held_as(buildpack)):
        _obtain(buildpack, upload)


def end_abandoned() -> None:
    """Say of those whose worker is gone that they did not come; nobody holds them any more."""
    for buildpack in Buildpack.objects.filter(archive="", problem="").exclude(kind=Kind.BUNDLED):
        if Hold.objects.filter(name=held_as(buildpack), held_until__lt=timezone.now()).exists():
            problem = _("The worker that fetched it stopped. Fetch it again, or upload it again.")
            Buildpack.objects.filter(pk=buildpack.pk, archive="").update(problem=problem)
            bell.ring(TOPIC)


def _obtain(buildpack: Buildpack, upload: str) -> None:
    try:
        with tempfile.TemporaryFile() as raw:
            _fetch(buildpack, upload, raw)
            raw.seek(0)
            key = f"{buildpack.name}/{buildpack.pin}-{buildpack.pk}.tar.zst"
            buildpack.archive = storages["buildpacks"].save(key, File(raw))
        buildpack.problem = ""
    except Fault as fault:
        buildpack.problem = fault.message[:500]
    except (EngineError, OSError) as error:
        buildpack.problem = (_("The platform failed: %(why)s") % {"why": error})[:500]
        raise
    except BaseException:
        buildpack.problem = _("The platform failed. Its log says more.")
        raise
    finally:
        facts = {name: getattr(buildpack, name) for name in ("archive", "problem", "pin")}
        if not Buildpack.objects.filter(pk=buildpack.pk).update(**facts) and buildpack.archive:  # removed meanwhile
            storages["buildpacks"].delete(buildpack.archive)
        bell.ring(TOPIC)
        if upload:
            storages["buildpacks"].delete(upload)


def _fetch(buildpack: Buildpack, upload: str, out: IO[bytes]) -> None:
    """Write the buildpack's files as a clean tar.zst to `out`."""
    if buildpack.kind == Kind.GIT:
        _fetch_git(buildpack, out)
    elif buildpack.kind == Kind.TARBALL:
        with tempfile.TemporaryFile() as file:
            _download(buildpack, file)
            _pack(buildpack, file, out)
    else:
        with storages["buildpacks"].open(upload) as file:
            _pack(buildpack, cast(IO[bytes], file), out)


def _fetch_git(buildpack: Buildpack, out: IO[bytes]) -> None:
    with _checkout(buildpack) as found:
        if found.commit != buildpack.pin:
            raise BuildFailed(
                "buildpack-changed", _("%(url)s gave another commit than the pinned one.") % {"url": buildpack.url}
            )
        names: set[str] = set()
        archives.write_clean(archives.noting(names, found.members(), git.TOP), out, strip=git.TOP)
    _check_files(names)


@contextmanager
def _checkout(buildpack: Buildpack) -> Iterator[git.Checkout]:
    """The pinned commit; a fault tells all there is to tell, since nobody sees what Git says."""
    request = git.Request(buildpack.url, buildpack.pin, f"buildpack-{buildpack.pk}", _image())
    said: deque[bytes] = deque(maxlen=CHUNKS_HEARD)
    try:
        with Watch(worker_name(), lambda: False) as watch, git.checkout(request, watch, said.append) as found:
            yield found
    except BuildFailed as fault:
        if not (sentence := SENTENCES.get(fault.reason)):
            raise
        raise BuildFailed(fault.reason, _(sentence) % {"url": buildpack.url, "said": _end(said)}) from None


def _end(said: Iterable[bytes]) -> str:
    """The last words of a job."""
    return b"".join(said)[-WORDS_BYTES:].decode(errors="replace").strip()


def _download(buildpack: Buildpack, out: IO[bytes]) -> None:
    """Fetch the tarball in a container of its own, which reaches no more than builders do."""
    engine().ensure_network(git.NETWORK, isolated=True)
    spec = JobSpec(
        name=f"buildpack-{buildpack.pk}",
        image=_image(),
        command=("/slipway/bin/download", buildpack.url, str(MOST_BYTES), str(settings.FETCH_TIMEOUT)),
        network=git.NETWORK,
        limits=LIMITS,
    )
    with (
        engine().job(spec, _uploads()) as job,
        Watch(worker_name(), lambda: False) as watch,
    ):
        try:
            with watch.over(job, settings.FETCH_TIMEOUT):
                said = _end(job.output())
                code = job.wait().code
        except TimedOut:
            limit = minutes(settings.FETCH_TIMEOUT)
            raise BuildFailed(
                "fetch-timeout",
                _("Fetching %(url)s took longer than %(limit)s.") % {"url": buildpack.url, "limit": limit},
            ) from None
        if code:
            raise BuildFailed("buildpack-unreachable", _(UNREACHABLE) % {"url": buildpack.url, "said": said}, code)
        _copy(job, out)


def _uploads() -> Iterator[Upload]:
    yield Upload("/slipway", bundle({"tarball": b"", **addresses.files(), **ca_bundle()}))
    yield git.script("download")


def _copy(job: Job, out: IO[bytes]) -> None:
    with tarfile.open(fileobj=io.BufferedReader(archives.Stream(job.read("/slipway/tarball"))), mode="r|") as tar:
        member = tar.next()
        content = tar.extractfile(member) if member else None
        while content and (chunk := content.read(1024 * 1024)):
            out.write(chunk)


def _pack(buildpack: Buildpack, file: IO[bytes], out: IO[bytes]) -> None:
    file.seek(0)
    digest = _sha256(file)
    if buildpack.pin and digest != buildpack.pin:
        raise BuildFailed(
            "checksum",
            _("The sha256 of %(url)s is %(digest)s, not the pinned %(pin)s.")
            % {"url": buildpack.url, "digest": digest, "pin": buildpack.pin},
        )
    buildpack.pin = digest
    names: set[str] = set()
    with archives.opened(file) as members:
        strip = archives.wrapper(member.info.name for member in members())
        archives.write_clean(archives.noting(names, members(), strip), out, strip=strip)
    _check_files(names)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


def _check_files(names: set[str]) -> None:
    for needed in NEEDED:
        if needed not in names:
            raise BuildFailed("no-buildpack", _("This is no buildpack: it has no %(needed)s.") % {"needed": needed})


def _image() -> str:
    return Stack.objects.earliest("pk").build_image
