"""A deploy: a slug or an image becomes a release, and the release serves."""

import logging
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes import bell, health, orders, router, swap
from runtimes.engine.base import EngineError, NotStarted
from runtimes.faults import Canceled, Fault, PlatformFailed, ReleaseFailed, TimedOut
from runtimes.freeze import Runnable, make_release
from runtimes.holding import Held, hold
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import Environment, Instance, Release
from runtimes.reconcile import DRAIN, PROBE_EVERY_SECONDS, bring_up, probe, reconcile, refresh
from runtimes.redaction import redact_command
from runtimes.restore import ready
from runtimes.spec import NETWORK, release_job
from runtimes.states import LEASE
from runtimes.watch import Watch

logger = logging.getLogger(__name__)

STEPS = [
    ("release", gettext_noop("Release command")),
    ("start", gettext_noop("Start instances")),
    ("healthy", gettext_noop("Wait until healthy")),
    ("switch", gettext_noop("Switch traffic")),
]

# A release whose instance crashes more often than this while it comes up is failed.
MOST_CRASHES = 3

# A release that is well waits this long for a router that does not take its routes.
ROUTER_SECONDS = 120
RETRY_SECONDS = 1.0

# The rows of what comes up are refreshed this often; probing goes on in between.
REFRESH_SECONDS = 0.5


def deploy(what: Runnable, environment: Environment, log: Writer, watch: Watch, **facts: Any) -> Release:
    """Release `what` in `environment` and let it serve; return the live release.

    `facts` are further fields of the release (`kind`, `description`, `created_by`). Raises
    `ReleaseFailed` where the app is at fault and `Canceled`; the release before keeps serving then,
    and nothing of the new one stays.
    """
    while not (release := _next(what, environment, log, watch, **facts)):
        watch.check()
        time.sleep(REFRESH_SECONDS)
    carry_out(release, log, watch)
    return release


def _next(what: Runnable, environment: Environment, log: Writer, watch: Watch, **facts: Any) -> Release | None:
    """The next release; None while another one is on its way: that goes first."""
    if environment.releases.filter(state="pending").exists():
        return None
    lease = {"worker": watch.worker, "lease_until": timezone.now() + LEASE}
    try:
        return make_release(what, environment, journal=log.journal, **lease, **facts)
    except IntegrityError:  # another worker was faster
        return None


def carry_out(release: Release, log: Writer, watch: Watch) -> None:
    """Take a pending release to where it serves, or give it up; see `deploy`."""
    watch.rows.append(release)
    try:
        run_release_command(release, log, watch)
        with log.step("start"):
            start(release, log)
        with log.step("healthy"):
            wait_until_healthy(release, log, watch)
        with log.step("switch"):
            go_live(release, log, watch)
    except Canceled:
        _give_up(release, "canceled")
        raise
    except Fault as fault:
        _fail(release, log.redact(fault.message), fault.reason, fault.exit_code)
        raise
    except (EngineError, PlatformFailed) as error:
        _fail(release, _("The platform failed, not your app: %(why)s") % {"why": log.redact(str(error))}, "platform")
        raise
    except BaseException:
        _fail(release, _("The platform failed, not your app."), "platform")
        raise
    finally:
        watch.rows.remove(release)


def run_release_command(release: Release, log: Writer, watch: Watch) -> None:
    """Run it once, in a container of the new release, before any instance starts."""
    if not release.release_command:
        log.end("release", "skipped", _("There is no release command."))
        return
    with log.step("release"):
        image = ready(release)
        log.say(
            "-----> "
            + _("Running the release command: %(command)s") % {"command": redact_command(release.release_command)}
        )
        engine().ensure_network(NETWORK)
        with engine().job(release_job(release, image)) as job:
            try:
                with watch.over(job, settings.RELEASE_TIMEOUT):
                    for data in job.output():
                        log.write(data)
                    ended = job.wait()
            except TimedOut:
                raise _too_slow() from None
        if ended.code:
            raise ReleaseFailed(
                "release-command",
                _("The release command ended with exit status %(code)s.") % {"code": ended.code},
                ended.code,
            )


def start(release: Release, log: Writer) -> None:
    """Start its instances beside those that serve."""
    if not release.commands:
        raise ReleaseFailed(
            "no-process-types",
            _("Nothing says how to start this app. Add a file named Procfile with a line such as: web: gunicorn wsgi"),
        )
    ready(release)  # before the environment is held: a large one takes its time
    with hold(f"environment.{release.environment_id}"):
        try:
            bring_up(release)
        except NotStarted as error:
            raise ReleaseFailed(
                "not-startable", _("What the image runs cannot be started. %(why)s") % {"why": error}
            ) from error
        refresh(release.environment)
    names = ", ".join(instance.name for instance in _instances(release))
    log.say("-----> " + _("Starting %(names)s") % {"names": names or _("nothing: every process is scaled to 0")})
    wanted = sum(process.wanted for process in release.processes)
    if (later := wanted - sum(swap.room(release).values())) > 0:
        log.say(
            "       " + _("Workers that take the place of old ones one for one once it is live: %(n)d") % {"n": later}
        )


def wait_until_healthy(release: Release, log: Writer, watch: Watch) -> None:
    """Return when all of its instances are up; `ReleaseFailed` if one cannot be."""
    environment = release.environment
    limit = max([process.start_period for process in environment.processes.all()], default=60)
    deadline, refreshed = time.monotonic() + limit, time.monotonic()
    while not _all_up(instances := _instances(release), release):
        watch.check()
        if time.monotonic() > deadline:
            raise _not_healthy(instances, log, limit)
        if time.monotonic() - refreshed > REFRESH_SECONDS:
            refreshed = time.monotonic()
            _restart(release, log)
        probe(environment, [instance for instance in instances if instance.state == "starting"])
        time.sleep(PROBE_EVERY_SECONDS)
    log.say("       " + _("%(n)d of %(n)d up") % {"n": len(instances)})


def go_live(release: Release, log: Writer, watch: Watch) -> None:
    """The point of no return: the router sends requests to the release, and it becomes the live one.

    A router that does not take the change is waited for; the release before serves on meanwhile, and after
    `ROUTER_SECONDS` as if nothing had been: then `EngineError` is raised. The instances of the one before are stopped a
    little later, when what is on its way has arrived.
    """
    deadline, is_told = time.monotonic() + ROUTER_SECONDS, False
    while error := _switch(release, watch):
        if time.monotonic() > deadline:
            raise error
        if not is_told:
            log.say(" !     " + _("%(why)s The switch waits for it; what runs goes on.") % {"why": error})
            is_told = True
        time.sleep(RETRY_SECONDS)
    orders.bring_in_line(release.environment, after=DRAIN)
    log.say(
        "-----> " + _("%(version)s is live at %(url)s") % {"version": release.version, "url": release.environment.url}
    )
    bell.ring(log.journal.topic, f"app.{release.environment.app_id}", "apps")


def _switch(release: Release, watch: Watch) -> EngineError | None:
    """Let the release serve, or say why the router cannot send anything to it."""
    watch.check()  # the last time: what follows cannot be taken back
    if not Release.objects.filter(pk=release.pk, state="pending").exists():
        raise Canceled
    try:
        with router.switched(release), transaction.atomic():
            if previous := release.environment.live:
                previous.move("retired", ended_at=timezone.now())
            if not release.move("live", live_at=timezone.now()):
                raise Canceled
            Environment.objects.filter(pk=release.environment_id).exclude(unrestarted="").update(unrestarted="")
    except EngineError as error:
        return error
    return None


def _fail(release: Release, failure: str, reason: str, exit_code: int | None = None) -> None:
    _give_up(release, "failed", failure=failure, failure_reason=reason, exit_code=exit_code)


def _give_up(release: Release, state: str, **facts: Any) -> None:
    if not release.move(state, ended_at=timezone.now(), **facts):
        return
    try:
        reconcile(release.environment)
    except (
        EngineError,
        PlatformFailed,
        Held,
    ) as error:  # why it failed is told already; this the periodic look repairs
        logger.warning("What %s left behind could not be removed yet: %s", release, error)


def _instances(release: Release) -> list[Instance]:
    """Those that are there and wanted: somebody may have scaled meanwhile."""
    wanted = {process.name: process.wanted for process in release.processes}
    there = release.instances.exclude(state__in=("stopping", "down"))
    return [instance for instance in there if instance.index <= wanted.get(instance.process, 0)]


def _all_up(instances: list[Instance], release: Release) -> bool:
    return _are_all(instances, release) and all(instance.state == "up" for instance in instances)


def _are_all(instances: list[Instance], release: Release) -> bool:
    """Whether there are as many as there shall be: somebody may have removed a container meanwhile."""
    there = Counter(instance.process for instance in instances)
    return all(there[process] >= many for process, many in swap.room(release).items())


def _restart(release: Release, log: Writer) -> None:
    """Start again what crashed, unless it did so too often, and what is missing."""
    with hold(f"environment.{release.environment_id}"):
        refresh(release.environment)
        instances = _instances(release)
        crashed = [instance for instance in instances if instance.state == "crashed"]
        for instance in crashed:
            if instance.crashes > MOST_CRASHES:
                raise _crashed(instance, log)
        if crashed or not _are_all(instances, release):
            bring_up(release)


def _crashed(instance: Instance, log: Writer) -> ReleaseFailed:
    _show_last_lines(instance, log)
    why = (
        _("it ran out of memory")
        if instance.oom
        else _("exit status %(exit_code)s") % {"exit_code": instance.exit_code}
    )
    return ReleaseFailed(
        "crashed",
        _("%(name)s ended %(crashes)s times while it started (%(why)s). Its last lines are in the log.")
        % {"name": instance.name, "crashes": instance.crashes, "why": why},
        instance.exit_code,
    )


def _not_healthy(instances: list[Instance], log: Writer, limit: int) -> ReleaseFailed:
    late = next((instance for instance in instances if instance.state != "up"), None)
    if late is None:
        return ReleaseFailed(
            "not-started", _("Not all of its instances could be started within %(limit)s seconds.") % {"limit": limit}
        )
    if late.state == "crashed":
        return _crashed(late, log)
    _show_last_lines(late, log)
    process = late.environment.processes.filter(name=late.process).first()
    if process and (finding := health.finding(late, process)):
        return ReleaseFailed(
            "not-healthy",
            _("%(name)s was not well within %(limit)s seconds. %(finding)s")
            % {"name": late.name, "limit": limit, "finding": finding},
        )
    return ReleaseFailed(
        "not-listening",
        _(
            "%(name)s did not answer on port %(port)s within %(limit)s seconds. Does it listen on "
            "0.0.0.0 and on the port in $PORT? One that listens on another port says so in the "
            "settings of its process type."
        )
        % {"name": late.name, "port": late.release.port, "limit": limit},
    )


def _show_last_lines(instance: Instance, log: Writer) -> None:
    log.say(" !     " + _("The last lines of %(name)s:") % {"name": instance.name})
    for line in engine().tail(instance.ref):
        log.say(f"       {line}")


def _too_slow() -> ReleaseFailed:
    minutes = settings.RELEASE_TIMEOUT // 60
    return ReleaseFailed(
        "release-timeout",
        _("The release command took longer than %(minutes)s minutes and was ended.") % {"minutes": minutes},
    )
