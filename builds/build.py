"""A build: a builder container turns the fetched source into a slug."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress

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
from runtimes.engine.base import Exit, Job, JobSpec, Limits, Upload
from runtimes.faults import PlatformFailed, TimedOut
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import App, PlatformLimits, Slug
from runtimes.restore import ahead
from runtimes.watch import Watch

TIDY_SECONDS = 60


def make_slug(build: Build, log: Writer, watch: Watch) -> Slug:
    """Fetch, build, store; return the slug.

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
    if build.clear_cache:
        cache.clear(build.app)
    engine().ensure_network(git.NETWORK, isolated=True)
    with ExitStack() as beside, engine().job(_spec(build), _uploads(build, own, buildpacks, nonce)) as job:
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
        beside.enter_context(ahead(slug))
        _see_off(job, parts, watch, progress)
    for buildpack, lacked in progress.lacks:
        store.ask(buildpack, lacked)
    return slug


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


def _see_off(job: Job, parts: Iterator[bytes | Event], watch: Watch, progress: Progress) -> None:
    """Let the driver tidy up, which it did while the slug was stored; the next build would do it otherwise."""
    with suppress(TimedOut), watch.over(job, TIDY_SECONDS):
        for part in parts:
            if not isinstance(part, bytes):
                progress.take(part)
        job.wait()


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
        labels={"slipway.app": build.app.name, "slipway.build": str(build.pk)},
        network=git.NETWORK,
        limits=Limits(memory=settings.BUILD_MEMORY, cpus=settings.BUILD_CPUS, pids=settings.BUILD_PIDS),
        volumes={cache.volume(build.app): "/tmp", store.VOLUME: store.PLACE},  # noqa: S108
        read_only=frozenset({store.VOLUME}),
    )


def _uploads(build: Build, own: list[Buildpack], buildpacks: list[Buildpack], nonce: str) -> Iterator[Upload]:
    facts = {"id": str(build.pk), "automatic": not own, "source_version": build.commit or build.source}
    yield Upload(f"/tmp/build_{build.pk}", source.unpack(build.source))  # noqa: S108
    yield from driver.uploads(build.app, facts, buildpacks, nonce)
