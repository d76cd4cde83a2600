"""Swapping workers: those of a new release take the places of the old ones one for one.

So of each process type without a port there is one more than asked for at most, and never one fewer. Before the release
is live one of each shows that it comes up, and nothing of the old one ends; the others follow afterwards. All of it is
computed from rows: whoever looks next goes on where somebody stopped. Web is no part of it: all of its new instances
are up before the old ones get no more requests (`runtimes.reconcile`).
"""

from collections import Counter

from django.db.models import QuerySet

from runtimes.models import Environment, Instance, Release


def room(release: Release) -> dict[str, int]:
    """How many instances of each process type of a release may be there beside what runs of the releases before it."""
    running = Instance.objects.filter(
        environment=release.environment_id,
        release__number__lt=release.number,
        state__in=("starting", "up", "stopping"),
    )
    before = Counter(running.values_list("process", flat=True))
    return {
        each.name: each.wanted if each.is_web else min(each.wanted, max(1, each.wanted + 1 - before[each.name]))
        for each in release.processes
    }


def standing_in(live: Release) -> set[str]:
    """The workers of retired releases that go on until as many of the live one are up, by the engine's names."""
    going_on = list(old_workers(live.environment).order_by("-state", "-release__number", "-index"))
    if not going_on:
        return set()
    up = Counter(live.instances.filter(state="up").values_list("process", flat=True))
    places = Counter({each.name: each.wanted - up[each.name] for each in live.processes if not each.is_web})
    refs = set()
    for old in going_on:  # rather one that is up than one that starts
        if places[old.process] > 0:
            places[old.process] -= 1
            refs.add(old.ref)
    return refs


def old_workers(environment: Environment) -> QuerySet[Instance]:
    """The workers of retired releases that are at work still."""
    there = environment.instances.filter(release__state="retired", state__in=("starting", "up"))
    return there.exclude(process="web")
