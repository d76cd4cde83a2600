"""The store: what the platform keeps for all builds. They read it; only what is here fills it, with no code of an app.

Why that is safe stands in docs/buildpacks.md.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from buildpacks import fetch as buildpack_files
from buildpacks.models import Buildpack
from buildpacks.registry import BUNDLED_DIR
from builds import git
from builds.uploads import bundle, ca_bundle
from runtimes import aside
from runtimes.engine.base import EngineError, JobSpec, Limits, Upload
from runtimes.faults import Canceled, TimedOut
from runtimes.holding import Held, hold
from runtimes.installation import engine
from runtimes.models import Stack
from runtimes.orders import order
from runtimes.watch import Watch, worker_name

VOLUME = "store"
PLACE = "/slipway/store"
LABEL = "slipway.store"
LIMITS = Limits(memory=1024, cpus=1.0, pids=64)

# The script says so when the store has grown beyond its limit.
FULL = 75

# A build may say what it likes: so many words of it are passed on, and the script decides which it takes.
MOST_WANTED = 8
SECONDS = 100

# What a deploy lacked is fetched when it is over, so as not to slow it down.
LATER = timedelta(seconds=20)

log = logging.getLogger(__name__)


def ask(buildpack: Buildpack, wanted: Sequence[str]) -> None:
    """Have the store filled, soon, with what a build found missing in it."""
    if buildpack.kind == Buildpack.Kind.BUNDLED:
        order("builds.tasks.stock", buildpack.name, list(wanted[:MOST_WANTED]), after=LATER)


def stock_ahead() -> None:
    """Have what builds mostly want put into the store before the first of them lacks it, if that is wanted."""
    for buildpack in Buildpack.objects.filter(kind=Buildpack.Kind.BUNDLED, enabled=True):
        if settings.STOCK_AHEAD and (BUNDLED_DIR / buildpack.name / "bin/stock").exists():
            stock(buildpack.name, [])


def stock(name: str, wanted: Sequence[str]) -> None:
    """Let a bundled buildpack put into the store what it takes of `wanted`; nothing is what builds mostly want.

    A failure costs speed, and no build.
    """
    buildpack = Buildpack.objects.get(name=name, kind=Buildpack.Kind.BUNDLED)
    try:
        with hold("store", patience=0):
            engine().stop([left.ref for left in engine().observe({LABEL: "1"})], grace=0)
            if _fill(buildpack, wanted) == FULL:  # a volume that a build reads is not removed: the next time, then
                engine().remove_volume(VOLUME)
    except (Held, Canceled):  # what is lacking still, the next build says again
        return
    except (EngineError, TimedOut) as error:
        log.warning("The store was not filled: %s", error)


def _fill(buildpack: Buildpack, wanted: Sequence[str]) -> int:
    engine().ensure_network(git.NETWORK, isolated=True)
    with (
        engine().job(_spec(buildpack, wanted), _uploads(buildpack)) as job,
        Watch(worker_name(), aside.ending.is_set) as watch,
        watch.over(job, SECONDS),
    ):
        said = b"".join(job.output()).decode(errors="replace")
        code = job.wait().code
    # nothing else of what it said: addresses of registries may hold passwords
    new = [line.strip() for line in said.splitlines() if line.strip().startswith("Took in")]
    log.info("The store of %s (exit status %s): %s", buildpack, code, ", ".join(new) or "nothing new")
    return code


def _spec(buildpack: Buildpack, wanted: Sequence[str]) -> JobSpec:
    trust = {"CURL_CA_BUNDLE": "/slipway/ca.crt"} if settings.CA_BUNDLE else {}
    return JobSpec(
        name="store",
        image=Stack.objects.earliest("pk").build_image,
        command=("/slipway/buildpack/bin/stock", f"{PLACE}/{buildpack.name}", *wanted),
        env={**settings.BUILD_ENVIRONMENT, **buildpack.environment, **trust},
        labels={LABEL: "1"},
        network=git.NETWORK,
        limits=LIMITS,
        volumes={VOLUME: PLACE},
    )


def _uploads(buildpack: Buildpack) -> list[Upload]:
    return [
        Upload("/slipway", bundle(ca_bundle())),
        Upload("/slipway/buildpack", buildpack_files.tar(buildpack)),
        Upload(f"{PLACE}/{buildpack.name}", bundle({})),  # makes the folder, the user's own
    ]
