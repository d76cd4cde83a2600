"""One-off commands: asked for by people, run by the controller in a fresh container of what is live."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import aside, bell, journal
from runtimes.engine.base import EngineError, Exit
from runtimes.faults import Canceled, PlatformFailed, TimedOut
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import Environment, Journal, OneOff, Release
from runtimes.orders import order
from runtimes.redaction import MASK, redact_command, typed_secrets
from runtimes.restore import image_of
from runtimes.spec import NETWORK, hand_limits, one_off_job
from runtimes.states import LEASE
from runtimes.watch import Watch

log = logging.getLogger(__name__)

# One that no worker has taken up after this long is given up by the periodic look.
PATIENCE = timedelta(minutes=5)

# How many of an app's are kept, with their logs.
KEPT = 100

LONGEST_COMMAND = 4000


def run(environment: Environment, command: str, by: Any = None) -> OneOff:
    """Ask for a command; raises `ValidationError` where there is nothing to run it in, or nothing to run."""
    command = command.strip()
    if not command or len(command) > LONGEST_COMMAND or "\0" in command:
        raise ValidationError(_("Write a command of at most %(most)s characters.") % {"most": LONGEST_COMMAND})
    if MASK in command:
        raise ValidationError(_("What is %(mask)s is not kept. Type it anew.") % {"mask": MASK})
    if not (live := environment.live):
        raise ValidationError(_("Nothing runs in %(name)s yet. Deploy first.") % {"name": environment.name})
    if not live.has_shell:
        raise ValidationError(_("The image that runs there has no shell (/bin/sh), and a command needs one."))
    shown = redact_command(command, _secrets(live))
    texts = {"command": shown, "secret_command": "" if shown == command else command}
    with transaction.atomic():
        number = OneOff.objects.next_number(environment.app)
        record = Journal.objects.create(app=environment.app, environment=environment, number=0, created_by=by)
        lease = timezone.now() + PATIENCE
        one = OneOff.objects.create(number=number, journal=record, release=live, lease_until=lease, **texts)
        _forget_old(one)
        order("runtimes.tasks.run_one_off", one.pk)
    bell.ring(_topic(one))
    return one


def cancel(one: OneOff, by: Any = None) -> bool:
    """Ask for its end; False if it is over."""
    if one.is_over:
        return False
    wish = {"cancel_requested_at": timezone.now(), "canceled_by": by}
    with transaction.atomic():  # who grants the wish seals the log, and no line comes after that
        if not Journal.objects.filter(pk=one.journal_id, cancel_requested_at=None).update(**wish):
            return True
        journal.note(one.journal, " !     " + _("Canceled by %(by)s.") % {"by": by or _("the command line")})
        if one.move_from("waiting", "canceled", ended_at=timezone.now(), secret_command=""):
            journal.seal(one.journal)
    bell.ring(_topic(one))
    return True


def carry_out(one: OneOff, worker: str) -> None:
    """Run it unless somebody does; afterwards its row and its log say how it ended."""
    lease = {"worker": worker, "lease_until": timezone.now() + LEASE}
    if not one.move_from("waiting", "running", started_at=timezone.now(), **lease):
        return
    bell.ring(_topic(one))
    try:
        with Writer(one.journal, [*_secrets(one.release), *typed_secrets(one.secret_command)]) as pen:
            _work(one, pen, worker)
    finally:
        _finish(one, "failed", failure=_("The platform failed, not your command."))
        journal.seal(one.journal)
        bell.ring(_topic(one))


def _work(one: OneOff, pen: Writer, worker: str) -> None:
    try:
        with Watch(worker, lambda: aside.ending.is_set() or one.journal.is_canceled(), one) as watch:
            ended = _in_a_container(one, pen, watch)
    except Canceled:
        if one.journal.is_canceled():
            _finish(one, "canceled")
        else:
            _complain(one, pen, _("The platform was stopped while it ran."))
    except TimedOut:
        _complain(
            one,
            pen,
            _("It ran longer than %(limit)s seconds and was ended.") % {"limit": settings.RUN_TIMEOUT},
        )
    except (EngineError, PlatformFailed) as error:
        _complain(one, pen, _("The platform failed, not your command: %(why)s") % {"why": error})
        raise
    else:
        if ended.oom:
            pen.complain(_("It ran out of memory."))
        failure = _("It ran out of memory.") if ended.oom else ""
        _finish(one, "failed" if ended.code else "done", exit_code=ended.code, failure=failure)


def _in_a_container(one: OneOff, pen: Writer, watch: Watch) -> Exit:
    image = image_of(one.release)
    watch.check()
    engine().ensure_network(NETWORK)
    spec = one_off_job(one, image, hand_limits(one.release.environment))
    with engine().job(spec) as job, watch.over(job, settings.RUN_TIMEOUT):
        for data in job.output():
            pen.write(data)
        return job.wait()


def take_up() -> None:
    """Ask for the commands that no worker has taken up: none may have been there to hear of them."""
    for pk in OneOff.objects.filter(state="waiting").values_list("pk", flat=True):
        order("runtimes.tasks.run_one_off", pk)


def end_abandoned() -> None:
    """Fail those whose worker is gone, and remove what it left."""
    for one in OneOff.objects.filter(state__in=("waiting", "running"), lease_until__lt=timezone.now()).whole():
        failure = _("The worker that ran it stopped.") if one.state == "running" else _("No worker took it up.")
        if not _finish(
            one, "failed", failure=failure, worker=""
        ):  # without a worker: should it live, its lease is gone
            continue
        remove_containers("slipway.oneoff", one.pk)
        journal.note(one.journal, f" !     {failure}")
        journal.seal(one.journal)
        bell.ring(_topic(one))


def remove_containers(label: str, pk: int) -> None:
    """Remove what a worker that is gone left of something run by hand."""
    try:
        engine().stop([each.ref for each in engine().observe({label: str(pk)})], grace=0)
    except EngineError as error:
        log.error("What %s %s left could not be removed: %s", label, pk, error)


def _complain(one: OneOff, pen: Writer, failure: str) -> None:
    failure = pen.redact(failure)
    pen.complain(failure)
    _finish(one, "failed", failure=failure)


def _finish(one: OneOff, state: str, **facts: Any) -> bool:
    return one.move(state, ended_at=timezone.now(), secret_command="", **facts)


def _secrets(release: Release) -> list[str]:
    """What neither a command nor its log may show: the release's config, and what is set by now for any environment."""
    app = release.environment.app
    return [*release.config.values(), *(var.value for var in app.config_vars.all()), app.git_secret]


def _forget_old(one: OneOff) -> None:
    """Forget the app's oldest with their logs, but for those that go on."""
    old = OneOff.objects.filter(journal__app=one.journal.app, number__lte=one.number - KEPT)
    Journal.objects.filter(oneoff__in=old.exclude(state__in=("waiting", "running"))).delete()


def _topic(one: OneOff) -> str:
    return f"app.{one.journal.app_id}"
