"""Shells: asked for by people, opened by the controller in an instance or in a fresh container of what is live."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from runtimes import aside, bell
from runtimes.bridge import Bridge
from runtimes.engine.base import EngineError
from runtimes.faults import PlatformFailed
from runtimes.installation import engine
from runtimes.models import Environment, Release, Shell
from runtimes.oneoff import remove_containers
from runtimes.orders import order
from runtimes.restore import image_of
from runtimes.spec import NETWORK, SHELL_ENVIRONMENT, hand_limits, shell_command, shell_job
from runtimes.states import LEASE
from runtimes.watch import Watch

log = logging.getLogger(__name__)

# One that no worker has taken up after this long is given up by the periodic look.
PATIENCE = timedelta(minutes=1)

# The records of so many of an environment's are kept.
KEPT = 200


def ask(environment: Environment, by: Any, instance: str = "") -> Shell:
    """Ask for a shell; raises `ValidationError` where there can be none."""
    if not settings.SHELL:
        raise ValidationError(_("Shells are switched off in this installation."))
    release, ref = _where(environment, instance)
    if not release.has_shell:
        raise ValidationError(_("The image that runs there has no shell (/bin/sh)."))
    facts = {"release": release, "instance": instance, "ref": ref, "created_by": by}
    with transaction.atomic():
        shell = Shell.objects.create(environment=environment, lease_until=timezone.now() + PATIENCE, **facts)
        kept = Shell.objects.filter(environment=environment).values_list("pk", flat=True)[:KEPT]
        Shell.objects.filter(environment=environment, state="closed").exclude(pk__in=list(kept)).delete()
        order("runtimes.tasks.open_shell", shell.pk)
    return shell


def _where(environment: Environment, instance: str) -> tuple[Release, str]:
    """The release and, for one in an instance, the engine's name for that."""
    if instance:
        up = environment.instances.filter(state="up").select_related("release").order_by("-pk")
        if not (found := next((one for one in up if one.name == instance), None)):
            raise ValidationError(_("%(instance)s is not up.") % {"instance": instance})
        return found.release, found.ref
    if not (live := environment.live):
        raise ValidationError(_("Nothing runs in %(name)s yet. Deploy first.") % {"name": environment.name})
    return live, ""


def carry_out(shell: Shell, worker: str) -> None:
    """Open it unless somebody has; returns when it is closed, and the row says why."""
    lease = {"worker": worker, "lease_until": timezone.now() + LEASE}
    if not settings.SHELL or not shell.move_from("waiting", "open", opened_at=timezone.now(), **lease):
        return
    bell.ring(f"app.{shell.environment.app_id}")
    ending = _("The platform failed.")
    try:
        with Watch(worker, lambda: aside.ending.is_set() or _is_unwanted(shell), shell) as watch:
            ending = _serve(shell, watch)
    except (EngineError, PlatformFailed) as error:
        ending = _("The platform failed: %(why)s") % {"why": error}
        raise
    except (RedisError, OSError):
        ending = _("The connection between the console and the controller broke off.")
        raise
    finally:
        _close(shell, ending)


def end_abandoned() -> None:
    """Close those whose worker is gone, and end what it left."""
    lost = Shell.objects.exclude(state="closed").filter(lease_until__lt=timezone.now())
    for shell in lost.select_related("environment"):
        ending = _("It did not open in time.") if shell.state == "waiting" else _("The worker that carried it stopped.")
        if _close(shell, ending, worker=""):  # without a worker: should it live, its lease is gone
            _end_what_is_left(shell)


def _end_what_is_left(shell: Shell) -> None:
    remove_containers("slipway.shell", shell.pk)
    try:
        if shell.ref:
            engine().hang_up(shell.ref, terminal_name(shell))
    except EngineError as error:
        log.error("What runs in %s still could not be ended: %s", shell, error)


def terminal_name(shell: Shell) -> str:
    """What the engine calls its terminal."""
    return f"shell-{shell.pk}"


def _serve(shell: Shell, watch: Watch) -> str:
    """Let somebody work in it; return why it ended."""
    with (
        _container(shell) as ref,
        engine().terminal(ref, terminal_name(shell), shell_command(shell.release), SHELL_ENVIRONMENT) as terminal,
    ):
        bridge = Bridge(shell, terminal, watch)
        ending = async_to_sync(bridge.run)()
        if not ending:
            shell.exit_code = terminal.wait()
            ending = _("It ended with exit status %(exit_code)s.") % {"exit_code": shell.exit_code}
    _close(shell, ending, exit_code=shell.exit_code)
    async_to_sync(bridge.tell_end)(ending)
    return ending


@contextmanager
def _container(shell: Shell) -> Iterator[str]:
    """The engine's name for where it is; a fresh container is gone afterwards."""
    if shell.ref:
        yield shell.ref
        return
    image = image_of(shell.release)
    engine().ensure_network(NETWORK)
    with engine().job(shell_job(shell, image, hand_limits(shell.environment))) as job:
        yield job.ref


def _is_unwanted(shell: Shell) -> bool:
    return not Environment.objects.filter(pk=shell.environment_id, app__destroyed_at=None).exists()


def _close(shell: Shell, ending: str, **facts: Any) -> bool:
    closed = shell.move("closed", ended_at=timezone.now(), ending=ending, **facts)
    bell.ring(f"app.{shell.environment.app_id}")
    return closed
