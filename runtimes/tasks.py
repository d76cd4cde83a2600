"""What the controller does on request, and every few seconds unasked."""

from functools import partial

from celery import shared_task

from runtimes import aside, attention, oneoff, reach, reconcile, router, shell, swap
from runtimes import carry_out as releases
from runtimes import restart as restarting
from runtimes.models import Domain, Environment, OneOff, Release, Shell
from runtimes.watch import worker_name


@shared_task
def bring_in_line(environment_id: int) -> None:
    """Make an environment what its rows say, and wait until its new instances are up; workers are swapped beside it."""
    if environment := Environment.objects.select_related("app").filter(pk=environment_id).first():
        reconcile.catch_up(environment)
        if swap.old_workers(environment).exists():
            aside.apart(f"swap.{environment_id}", partial(reconcile.go_on_swapping, environment))


@shared_task
def carry_out(release_id: int) -> None:
    """Take a release that needs no build to where it serves."""
    release = Release.objects.select_related("environment__app", "slug__stack", "image", "journal").get(pk=release_id)
    releases.carry_out(release, worker_name())


@shared_task
def restart(environment_id: int) -> None:
    """Restart the instances for which that was asked, one after the other."""
    if environment := Environment.objects.select_related("app").filter(pk=environment_id).first():
        restarting.carry_out(environment)


@shared_task
def run_one_off(pk: int) -> None:
    """Run a command that somebody asked for, beside the queue."""
    one = (
        OneOff.objects.whole()
        .select_related("release__environment__app", "release__slug__stack", "release__image")
        .get(pk=pk)
    )
    aside.start(partial(oneoff.carry_out, one, worker_name()))


@shared_task
def open_shell(pk: int) -> None:
    """Open a shell that somebody asked for, beside the queue."""
    asked = Shell.objects.select_related(
        "environment__app", "release__environment__app", "release__slug__stack", "release__image"
    )
    aside.start(partial(shell.carry_out, asked.get(pk=pk), worker_name()))


@shared_task
def look_after() -> None:
    """Repair what a crash, a reboot or a hand broke."""
    attention.look_after()


@shared_task
def look_again(environment_id: int, times: int) -> None:
    """The same for one environment, sooner: something of it has just been started, or is about to be."""
    if environment := Environment.objects.select_related("app").filter(pk=environment_id).first():
        attention.look_again(environment, times)


@shared_task
def route() -> None:
    """Tell the router which hosts there are."""
    router.sync()


@shared_task
def look_up(domain_id: int) -> None:
    """Find out where a custom domain leads."""
    if domain := Domain.objects.select_related("environment").filter(pk=domain_id).first():
        reach.look_up(domain)


@shared_task
def look_up_due() -> None:
    """The same for all whose time has come."""
    reach.look_up_due()
