"""Working off the queue: one build from its claim to the seal on its journal."""

import time

from django.db import IntegrityError, transaction
from django.utils import timezone

from builds.build import make_slug
from builds.models import Build
from runtimes import bell, journal
from runtimes.deploy import deploy
from runtimes.engine.base import EngineError
from runtimes.faults import Canceled, Fault, PlatformFailed
from runtimes.journal import Writer
from runtimes.models import ConfigVar
from runtimes.orders import order
from runtimes.states import LEASE
from runtimes.watch import Watch, worker_name

# Whether an earlier deploy is over is asked this often.
TURN_SECONDS = 0.2


def build_next() -> Build | None:
    """Claim the build that waits longest and may run, and see it through; None if there is none."""
    worker = worker_name()
    if build := claim(worker):
        try:
            run(build, worker)
        finally:
            order("builds.tasks.build_next")
    return build


def claim(worker: str) -> Build | None:
    """Take the first queued build whose app has none running."""
    waiting = Build.objects.filter(state="queued").exclude(app__builds__state="running")
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


def _work(build: Build, log: Writer, watch: Watch) -> None:
    try:
        log.end("queued", "done")
        slug = make_slug(build, log, watch)
        if not build.move("succeeded", slug=slug, ended_at=timezone.now()):
            raise Canceled  # it was given up meanwhile, because its worker seemed to be gone
        wait_for_turn(build, watch)
        deploy(slug, build.journal.environment, log, watch, created_by=build.journal.created_by)
    except Canceled:
        log.complain("Canceled.")
        build.move("canceled", ended_at=timezone.now())
    except Fault as fault:
        if not fault.is_told:
            log.complain(fault.message)
        _fail(build, fault.reason, log.redact(fault.message), fault.exit_code, log.redact(fault.detail))
    except (EngineError, PlatformFailed) as error:
        log.complain(f"The platform failed, not your app: {error}")
        _fail(build, "platform", f"The platform failed, not your app: {log.redact(str(error))}")
        raise
    except BaseException:
        log.complain("The platform failed, not your app. Its administrators find the reason in its log.")
        _fail(build, "platform", "The platform failed, not your app.")
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
    return [*config.values(), build.app.git_secret]
