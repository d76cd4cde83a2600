"""Making what runs what should run: only the difference is started and stopped."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from runtimes import bell, health, router, swap
from runtimes.ending import end
from runtimes.engine.base import EngineError, Observed
from runtimes.faults import PlatformFailed
from runtimes.holding import HOLD_SECONDS, alone, hold
from runtimes.installation import engine
from runtimes.mirror import mirror, releases_of
from runtimes.models import App, Environment, Instance, Process, Release
from runtimes.restore import image_of
from runtimes.spec import NETWORK, environment_labels, formation

# Instances of a retired release go on for this long, for requests that were on their way to them.
DRAIN = timedelta(seconds=3)

# A crashed instance is started again after the first time, which doubles with each crash up to the last.
BACK_OFF = timedelta(seconds=0.5)
BACK_OFF_MOST = timedelta(minutes=5)

PROBE_EVERY_SECONDS = 0.03
# Instances that come up within this time of each other are told to the router at once: telling it takes a while.
GATHER_SECONDS = 2.0
# What is ended of a process type that is not known any more.
USUAL = (30, "SIGTERM")

# Grace in seconds and the signal with which it begins.
Way = tuple[int, str]


def catch_up(environment: Environment) -> None:
    """Reconcile, and wait until the new instances are up, unless somebody in this process is just about to do so.

    Who waits for an environment reads its rows after that, and who waits for instances sees all that begin: so of many
    who ask for changes of one that is slow two take a place of the queue, and no more.
    """
    with alone(f"turn.{environment.pk}") as is_free:
        if not is_free:
            return
        with hold(f"environment.{environment.pk}"):
            pass  # whoever asks from here on waits anew
    reconcile(environment)
    with alone(f"settle.{environment.pk}") as is_free:
        if is_free:
            settle(environment)


def go_on_swapping(environment: Environment) -> None:
    """Let workers take each other's places for as long as they do; what comes to a halt the periodic look takes up.

    Each old one has its whole grace, so this takes as long as people like.
    """
    with alone(f"swap.{environment.pk}") as is_free:
        before = None
        while is_free and (left := swap.old_workers(environment).count()) and left != before:
            before = left
            reconcile(environment)
            settle(environment)


def reconcile(environment: Environment, patience: float = HOLD_SECONDS) -> None:
    """One pass: mirror what is, start what is missing of the live release, stop what belongs to none.

    Raises `Held` if somebody else holds the environment for longer than `patience`, in seconds.

    Nothing is done for an app that is being removed: whoever removes it holds its environments. What fails for the
    platform is raised, and told on the environment until a pass succeeds.
    """
    try:
        _reconcile(environment, patience)
    except (EngineError, PlatformFailed) as error:
        _tell(environment, str(error))
        raise
    _tell(environment, "")


def _tell(environment: Environment, trouble: str) -> None:
    if Environment.objects.filter(pk=environment.pk).exclude(trouble=trouble).update(trouble=trouble):
        bell.ring(f"app.{environment.app_id}", "apps")


def _reconcile(environment: Environment, patience: float) -> None:
    with hold(f"environment.{environment.pk}", patience):
        if not App.objects.filter(pk=environment.app_id, destroyed_at=None).exists():
            return
        served = _serving(environment)
        observed = refresh(environment)
        if live := environment.live:
            observed = _bring_in_line(live, observed)
        over = leftovers(environment, observed)
        _say_leaving(environment, over)
    if over or served - _serving(environment):
        router.sync()  # before anything ends that it may still send requests to
    if not over:
        return
    with _nobody_elses(over) as mine:
        for (grace, signal), refs in mine.items():  # not held: an app may take its whole grace to end
            end(refs, grace, signal)
    with hold(f"environment.{environment.pk}", patience):
        observed = refresh(environment)
        if (live := environment.live) and swap.standing_in(live):
            _bring_in_line(live, observed)  # what has ended made room for the next
    router.sync()


def _say_leaving(environment: Environment, over: Mapping[Way, Iterable[str]]) -> None:
    """Let pages say what ends, for as long as its grace takes."""
    going = environment.instances.filter(ref__in=[ref for refs in over.values() for ref in refs])
    if [each for each in going if each.move("stopping")]:
        bell.ring(f"app.{environment.app_id}")


@contextmanager
def _nobody_elses(over: Mapping[Way, Iterable[str]]) -> Iterator[dict[Way, list[str]]]:
    """Of these containers those that nobody in this process ends already: who looks at the rest goes on."""
    with ExitStack() as taken:
        mine = {way: [ref for ref in refs if taken.enter_context(alone(f"end.{ref}"))] for way, refs in over.items()}
        yield {way: refs for way, refs in mine.items() if refs}


def _bring_in_line(live: Release, observed: list[Observed]) -> list[Observed]:
    """End what is too much and start what is missing of the live release; return all that exists of its environment.

    What was just started is reported by who started it: nobody looks at everything once more.
    """
    environment = live.environment
    if leaving := surplus(live):
        dismiss(leaving)
        observed = refresh(environment)
    started = {each.ref: each for each in bring_up(live)}
    observed = [each for each in observed if each.ref not in started] + list(started.values())
    mirror(environment, observed)
    return observed


def _serving(environment: Environment) -> set[str]:
    """The addresses that requests may go to."""
    up = environment.instances.filter(process="web", state="up")
    return set(up.values_list("address", flat=True))


def surplus(release: Release) -> list[Instance]:
    """The instances of a release that its processes do not ask for any more."""
    wanted = {process.name: process.wanted for process in release.processes}
    existing = release.instances.filter(state__in=("starting", "up"))
    return [instance for instance in existing if instance.index > wanted.get(instance.process, 0)]


def dismiss(instances: Iterable[Instance]) -> None:
    """End instances of the live release: first no more requests, then SIGTERM. Hold the environment."""
    leaving = take_out_of_service(instances)
    ways = _ways(Process.objects.filter(environment__instances__in=leaving))
    for process in {instance.process for instance in leaving}:
        refs = [instance.ref for instance in leaving if instance.process == process]
        end(refs, *ways.get(process, USUAL))


def take_out_of_service(instances: Iterable[Instance]) -> list[Instance]:
    """Send no more requests to these, and wait until those on their way have arrived; return them."""
    leaving = [instance for instance in instances if instance.move("stopping")]
    if any(instance.process == "web" for instance in leaving):
        router.sync()
        time.sleep(DRAIN.total_seconds())
    return leaving


def settle(environment: Environment) -> None:
    """Wait until the live release's starting instances are up, as long as they may take; route to them as they come.

    What was reconciled before is news to the router as well.
    """
    seconds = max([process.start_period for process in environment.processes.all()], default=0)
    deadline, news = time.monotonic() + seconds, 0.0
    starting = Instance.objects.filter(environment=environment, release__state="live", state="starting")
    starting = starting.select_related("release")
    while (instances := list(starting.all())) and time.monotonic() < deadline:
        if up := probe(environment, instances):
            news = news or time.monotonic()
        if up == len(instances):
            break
        if news and time.monotonic() - news > GATHER_SECONDS:
            router.sync()
            news = 0.0
        time.sleep(PROBE_EVERY_SECONDS)
    router.sync()


def probe(environment: Environment, instances: Iterable[Instance]) -> int:
    """Ask each of these starting instances whether it is well; how many came up."""
    processes = {process.name: process for process in environment.processes.all()}
    return health.greet(instances, processes)


def refresh(environment: Environment) -> list[Observed]:
    """Let the rows say what exists of an environment; return it."""
    observed = engine().observe(environment_labels(environment))
    mirror(environment, observed)
    return observed


def bring_up(release: Release) -> list[Observed]:
    """Make the instances of a release exist, as many as there is room for; return those that had to be started.

    Hold the environment.

    None that serves is ended, although the engine would: somebody may have scaled down since the surplus was dismissed,
    and what is surplus now still gets requests. The next pass dismisses it.
    """
    image = image_of(release)
    if not release.instances.filter(state="up").exists():  # what is up is on the network
        engine().ensure_network(NETWORK)
    made: list[Observed] = []
    room = swap.room(release)
    for process in release.processes:
        asked = formation(release, process, image, resting=_resting(release, process))
        indexes = {*range(1, room[process.name] + 1), *_running(release, process)}
        made += engine().apply(replace(asked, indexes=tuple(sorted(indexes))))
    return made


def leftovers(environment: Environment, observed: Collection[Observed]) -> dict[Way, list[str]]:
    """Of what exists of an environment, the containers of releases that are over and those on their way out.

    They come by the way in which they are ended.
    """
    releases = releases_of(environment, observed)
    ways = _ways(environment.processes.all())
    leaving = set(environment.instances.filter(state="stopping").values_list("ref", flat=True))
    live = environment.live
    standing_in = swap.standing_in(live) if live else set()
    over: dict[Way, list[str]] = {}
    for container in observed:
        if not container.index or container.ref in standing_in:
            continue
        release = releases.get(container.labels.get("slipway.release", ""))
        if release is None or _is_over(release) or container.ref in leaving:
            way = ways.get(container.labels["slipway.process"], USUAL)
            over.setdefault(way, []).append(container.ref)
    return over


def _ways(processes: Iterable[Process]) -> dict[str, Way]:
    return {process.name: (process.grace, process.stop_signal) for process in processes}


def _is_over(release: Release) -> bool:
    if release.state == "retired":
        return release.ended_at is None or release.ended_at <= timezone.now() - DRAIN
    return release.state in ("failed", "canceled")


def _running(release: Release, process: Process) -> set[int]:
    """The instances that come up or serve."""
    running = release.instances.filter(process=process.name, state__in=("starting", "up"))
    return set(running.values_list("index", flat=True))


def _resting(release: Release, process: Process) -> frozenset[int]:
    """The crashed instances whose time to be started again has not come."""
    crashed = release.instances.filter(process=process.name, state="crashed")
    return frozenset(instance.index for instance in crashed if timezone.now() < due(instance))


def due(instance: Instance) -> datetime:
    """When a crashed instance is to be started again."""
    wait = min(BACK_OFF_MOST, BACK_OFF * 2.0 ** min(instance.crashes - 1, 20))
    return (instance.ended_at or timezone.now()) + wait
