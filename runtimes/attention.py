"""The periodic look at everything: what was left behind is ended, what is missing is started."""

import logging
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import checkup, journal, oneoff, release, restart, router, services, shell, survey
from runtimes.engine.base import EngineError
from runtimes.faults import PlatformFailed
from runtimes.holding import Held, alone
from runtimes.models import Environment, Instance, Journal, Release
from runtimes.orders import order
from runtimes.reconcile import due, probe, reconcile

log = logging.getLogger(__name__)

# The periodic look comes every ten seconds; where something is being repaired it is looked again in between, so often
# and so soon: what was removed, or ended with Docker, is to serve again within 15 seconds.
TIMES = 9
SOON = timedelta(seconds=1)
BETWEEN_LOOKS = timedelta(seconds=10)

# Whoever changes an environment is not waited for much longer: they bring it in line themselves, or the next look does.
PATIENCE_SECONDS = 1.0


def look_after() -> None:
    """Repair every environment that is not as it should be, and ask the instances how they are.

    What is right costs no query of its own. Trouble with one environment does not keep the others waiting.
    """
    end_abandoned_releases()
    seal_forgotten()
    oneoff.end_abandoned()
    shell.end_abandoned()
    for deed in (oneoff, release, restart):
        deed.take_up()
    try:
        if services.repair():
            order("runtimes.tasks.route", after=SOON)  # it may not listen yet when it is told below
        with alone("survey") as is_free:  # a daemon that is stuck is asked once, and not again with each look
            differing = survey.differing() if is_free else []
        for environment in differing:
            _repair(environment, TIMES)
        router.sync()
        with alone("check-up") as is_free:
            if is_free:
                checkup.check_up()
    except (EngineError, Held) as error:
        log.error("Not everything could be looked after: %s", error)


def look_again(environment: Environment, times: int) -> None:
    """Look at an environment that is being repaired; and once more after this, as often as `times` says at most."""
    _repair(environment, times)
    router.sync()


def _repair(environment: Environment, times: int) -> None:
    try:
        reconcile(environment, PATIENCE_SECONDS)
        starting = Instance.objects.filter(environment=environment, state="starting")
        came = probe(environment, starting.select_related("release"))
        live = environment.instances.filter(release__state="live")
        if times and (came or any(_is_about_to(each) for each in live)):  # what came may be awaited by an old worker
            order("runtimes.tasks.look_again", environment.pk, times - 1, after=SOON)
    except Held as error:
        log.info("%s is left to who has it: %s", environment, error)
    except (EngineError, PlatformFailed) as error:
        log.error("%s could not be looked after: %s", environment, error)
    except Exception:  # a fault of ours in one of them is no reason to leave the others unrepaired
        log.exception("%s could not be looked after", environment)


def _is_about_to(instance: Instance) -> bool:
    """Whether it has been started just now, or is to be before the next periodic look."""
    if instance.state == "crashed":
        return due(instance) < timezone.now() + BETWEEN_LOOKS
    young = timezone.now() - 2 * BETWEEN_LOOKS
    return instance.state == "starting" and (instance.started_at is None or instance.started_at > young)


def end_abandoned_releases() -> None:
    """Fail the pending releases whose worker is gone."""
    for lost in Release.objects.filter(state="pending", lease_until__lt=timezone.now()):
        failure = _("The platform failed, not your app: the worker that had this release stopped. Deploy again.")
        facts = {"failure": failure, "failure_reason": "lost", "ended_at": timezone.now()}
        if lost.move("failed", worker="", **facts):  # without a worker: should it live, its lease is gone
            journal.note(lost.journal, f" !     {failure}")
            journal.close(lost.journal)


def seal_forgotten() -> None:
    """Close the journals of releases that are over but whose worker died before it closed them."""
    forgotten = Journal.objects.filter(sealed_at=None, releases__lease_until__lt=timezone.now())
    for record in forgotten.exclude(releases__state="pending"):
        journal.close(record)
