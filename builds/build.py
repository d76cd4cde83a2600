"""A build: a builder container turns the fetched source into a slug."""

import logging
import secrets
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from django.conf import settings
from django.utils.translation import gettext as _

from buildpacks import registry
from buildpacks.models import Buildpack
from builds import cache, channel, driver, git, source, stacks, store
from builds.channel import Event
from builds.faults import BuildFailed, megabytes, minutes
from builds.models import Build
from builds.progress import Progress
from builds.slugs import collect
from runtimes.engine.base import EngineError, Exit, Job, JobSpec, Limits, Upload
from runtimes.faults import PlatformFailed, TimedOut
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import App, PlatformLimits, Slug
from runtimes.watch import Watch, worker_name

TIDY_SECONDS = 60
LOOK_SECONDS = 0.1
BUILD_LABEL = "slipway.build"

logger = logging.getLogger(__name__)


@contextmanager
def made_slug(build: Build, log: Writer, watch: Watch) -> Iterator[Slug]:
    """Fetch, build, store; give the slug, while its builder tidies up and goes. Leaving waits for that.

    Raises `BuildFailed` where the app is at fault, `Canceled`, and `PlatformFailed` or
    `EngineError` where we are. Nothing of the builder stays but the app's cache.
    """
    _check_disk()
    if absent := stacks.missing(build.app.stack):
        raise BuildFailed("no-stack", absent)
    with log.step("fetch"):
        _fetch(build, log, watch)
    own = registry.find(build.listed)
    if missing := set(build.listed) - {buildpack.name for buildpack in own}:
        raise BuildFailed(
            "buildpack-gone",
            _("There is no buildpack %(missing)s any more. Change the app's list.") % {"missing": ", ".join(missing)},
        )
    buildpacks = own or registry.usable()
    nonce = secrets.token_hex(16)
    _wait_for_builder_before(build, watch)
    if build.clear_cache:
        cache.clear(build.app)
    engine().ensure_network(git.NETWORK, isolated=True)
    with ExitStack() as builder:
        job = builder.enter_context(engine().job(_spec(build), _uploads(build, own, buildpacks, nonce)))
        progress = Progress(build, log, buildpacks)
        parts = channel.split(job.output(), nonce)
        ended = _follow(job, parts, log, watch, progress)
        if not progress.slug:
            raise _why(ended, progress)
        with log.step("store"):
            slug = collect(build, job, progress.slug)
            log.say(
                "-----> "
                + _("Stored the slug: %(size)s, %(sha256)s")
                % {"size": megabytes(slug.size), "sha256": slug.sha256[:12]}
            )
        for buildpack, lacked in progress.lacks:
            store.ask(buildpack, lacked)
        tidying = builder.pop_all()
    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(_see_off, tidying, job, parts)
        try:
            yield slug
        finally:
            for event in told.result():
                progress.take(event)


def _check_disk() -> None:
    """Raise `BuildFailed` while the platform's disk has less room than a build may be begun with."""
    free, least = shutil.disk_usage(settings.DATA_DIR).free // 1024**2, PlatformLimits.now().free_disk
    if free < least:
        raise BuildFailed(
            "disk-full",
            _(
                "The platform's disk has %(free)s MB left, and builds begin from %(least)s MB on. An "
                "administrator makes room on the page Limits, or gives the platform a larger disk."
            )
            % {"free": free, "least": least},
        )


def _fetch(build: Build, log: Writer, watch: Watch) -> None:
    if build.source:
        log.say("-----> " + _("Using the source of the deploy that this one repeats"))
        return
    wanted = source.Wanted(build.app, str(build.journal.number), build.ref, build.archive)
    build.source, build.commit, build.author, build.message = source.fetch(wanted, log, watch)
    build.save(update_fields=["source", "commit", "author", "message"])


def listed(app: App) -> list[Buildpack]:
    """The app's own list, in its order; empty: they are found by detection."""
    return [row.buildpack for row in app.app_buildpacks.select_related("buildpack")]


def _follow(job: Job, parts: Iterator[bytes | Event], log: Writer, watch: Watch, progress: Progress) -> Exit:
    """Take what the builder says until it tells of a slug, or to its end; return how it ended."""
    try:
        with watch.over(job, settings.BUILD_TIMEOUT):
            for part in parts:
                if isinstance(part, bytes):
                    log.write(part)
                else:
                    progress.take(part)
                if progress.slug:
                    return Exit(0)
            return job.wait()
    except TimedOut:
        limit = minutes(settings.BUILD_TIMEOUT)
        raise BuildFailed(
            "timeout", _("The build took longer than %(limit)s and was ended.") % {"limit": limit}
        ) from None


def _see_off(builder: ExitStack, job: Job, parts: Iterator[bytes | Event]) -> list[Event]:
    """Let the driver tidy up, which the next build would do otherwise, and remove its container; return what it told.

    What it was for is done, so the deploy does not fail by this: the periodic look removes what could not be.
    """
    told: list[Event] = []
    try:
        with builder, suppress(TimedOut), Watch(worker_name(), lambda: False) as watch, watch.over(job, TIDY_SECONDS):
            told.extend(part for part in parts if not isinstance(part, bytes))
    except EngineError as error:
        logger.warning("The builder could not be removed: %s", error)
    return told


def _wait_for_builder_before(build: Build, watch: Watch) -> None:
    """Let the builder of the app's build before be gone, which may tidy up still: both would write to the cache."""
    deadline = time.monotonic() + TIDY_SECONDS
    while left := _builders(build):
        watch.check()
        if time.monotonic() > deadline:
            engine().stop(left, grace=0)
        time.sleep(LOOK_SECONDS)


def _builders(build: Build) -> list[str]:
    jobs = engine().observe({"slipway.kind": "job", "slipway.app": build.app.name})
    return [job.ref for job in jobs if BUILD_LABEL in job.labels]


def _why(ended: Exit, progress: Progress) -> BuildFailed | PlatformFailed:
    if ended.oom:
        return BuildFailed(
            "out-of-memory",
            _(
                "The build ran out of memory: it may use %(memory)s MB. Build with fewer "
                "parallel jobs, or ask for a higher limit."
            )
            % {"memory": settings.BUILD_MEMORY},
            137,
        )
    if told := progress.failure:
        detail = str(told.get("detail") or "")
        return BuildFailed(told["reason"], told["message"], told.get("code"), is_told=True, detail=detail)
    return PlatformFailed(_("The builder ended without a word (exit status %(code)s).") % {"code": ended.code})


def _spec(build: Build) -> JobSpec:
    return JobSpec(
        name=f"build-{build.pk}",
        image=build.app.stack.build_image,
        command=(driver.COMMAND,),
        labels={"slipway.app": build.app.name, BUILD_LABEL: str(build.pk)},
        network=git.NETWORK,
        limits=Limits(memory=settings.BUILD_MEMORY, cpus=settings.BUILD_CPUS, pids=settings.BUILD_PIDS),
        volumes={cache.volume(build.app): "/tmp", store.VOLUME: store.PLACE},  # noqa: S108
        read_only=frozenset({store.VOLUME}),
    )


def _uploads(build: Build, own: list[Buildpack], buildpacks: list[Buildpack], nonce: str) -> Iterator[Upload]:
    facts = {"id": str(build.pk), "automatic": not own, "source_version": build.commit or build.source}
    yield Upload(f"/tmp/build_{build.pk}", source.unpack(build.source))  # noqa: S108
    yield from driver.uploads(build.app, facts, buildpacks, nonce)
