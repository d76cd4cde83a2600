"""Working off the queue: one build from its claim to the seal on its journal."""

import time
from contextlib import nullcontext

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from builds.build import made_slug
from builds.cleanup import after_deploy
from builds.models import Build
from builds.pull import have_image
from runtimes import bell, journal
from runtimes.deploy import deploy
from runtimes.engine.base import EngineError
from runtimes.faults import Canceled, Fault, PlatformFailed
from runtimes.journal import Writer
from runtimes.models import ConfigVar, Image
from runtimes.orders import order
from runtimes.states import LEASE
from runtimes.watch import Watch, worker_name

# Whether an earlier deploy is over is asked this often.
TURN_SECONDS = 0.2

# Deploys of ready images under way at the same time.
PULLS_AT_ONCE = 4


def build_next() -> Build | None:
    """Claim the build that waits longest and may run, and see it through; None if there is none."""
    return _next(Build.objects.filter(image=""), "builds.tasks.build_next")


def pull_next() -> Build | None:
    """The same for deploys of ready images, which need no builder; only so many at once, others have work too."""
    under_way = Build.objects.exclude(image="").filter(journal__sealed_at=None).exclude(state="queued")
    if under_way.count() >= PULLS_AT_ONCE:
        return None  # one of these calls again when it is over
    return _next(Build.objects.exclude(image=""), "builds.tasks.pull_next")


def _next(builds: "QuerySet[Build]", task: str) -> Build | None:
    worker = worker_name()
    if build := claim(worker, builds):
        try:
            run(build, worker)
        finally:
            order(task)
    return build


def claim(worker: str, builds: "QuerySet[Build] | None" = None) -> Build | None:
    """Take the first queued build (of these) whose app has none running."""
    among = Build.objects.all() if builds is None else builds
    waiting = among.filter(state="queued").exclude(app__builds__state="running")
    for build in waiting.select_related("app__stack", "journal__environment__app").order_by("queued_at", "pk"):
        try:
            with transaction.atomic():
                now = timezone.now()
                if build.move("running", worker=worker, lease_until=now + LEASE, started_at=now):
                    return build
        except IntegrityError:  # another worker started one of this app in the meantime
            continue
    return None


def run(build: Build, worker: str) -> None:
    """Build it and deploy the slug; whatever happens, the row, the steps and the log say how it ended."""
    try:
        with (
            Writer(build.journal, _secrets(build)) as log,
            Watch(worker, build.journal.is_canceled, build) as watch,
        ):
            _work(build, log, watch)
    finally:
        journal.close(build.journal, ran="canceled" if build.state == "canceled" else "failed")
        bell.ring(f"app.{build.app_id}", "apps")
    if build.image:
        after_deploy(build.app)


def _work(build: Build, log: Writer, watch: Watch) -> None:
    try:
        log.end("queued", "done")
        with nullcontext(have_image(build, log, watch)) if build.image else made_slug(build, log, watch) as what:
            result = {"found": what} if isinstance(what, Image) else {"slug": what}
            if not build.move("succeeded", ended_at=timezone.now(), **result):
                raise Canceled  # it was given up meanwhile, because its worker seemed to be gone
            wait_for_turn(build, watch)
            deploy(what, build.journal.environment, log, watch, created_by=build.journal.created_by)
    except Canceled:
        log.complain("Canceled.")
        build.move("canceled", ended_at=timezone.now())
    except Fault as fault:
        if not fault.is_told:
            log.complain(fault.message)
        _fail(build, fault.reason, log.redact(fault.message), fault.exit_code, log.redact(fault.detail))
    except (EngineError, PlatformFailed) as error:
        log.complain(_("The platform failed, not your app: %(why)s") % {"why": error})
        _fail(build, "platform", _("The platform failed, not your app: %(why)s") % {"why": log.redact(str(error))})
        raise
    except BaseException:
        log.complain(_("The platform failed, not your app. Its administrators find the reason in its log."))
        _fail(build, "platform", _("The platform failed, not your app."))
        raise


def wait_for_turn(build: Build, watch: Watch) -> None:
    """Let earlier deploys to this environment be over, or an older source would be live in the end."""
    same = Build.objects.filter(journal__environment=build.journal.environment, journal__sealed_at=None)
    while same.filter(journal__number__lt=build.journal.number, state="succeeded").exists():
        watch.check()
        time.sleep(TURN_SECONDS)


def _fail(build: Build, reason: str, failure: str, exit_code: int | None = None, detail: str = "") -> None:
    facts = {
        "failure_reason": reason[:60],
        "failure_detail": detail[:60],
        "failure": failure,
        "exit_code": exit_code,
    }
    if not build.move("failed", ended_at=timezone.now(), **facts):  # it has a slug, but its deploy failed
        Build.objects.filter(pk=build.pk, state="succeeded").update(**facts)


def _secrets(build: Build) -> list[str]:
    config = ConfigVar.objects.for_release(build.journal.environment) | ConfigVar.objects.for_build(build.app)
    credentials = build.app.credentials
    return [*config.values(), build.app.git_secret, credentials.password if credentials else ""]
