"""Releases without a build: a changed config, a slug whose image is not here yet, a way back."""

import time
from collections.abc import Callable

from tests.bench import sources, traffic
from tests.bench.bench import Bench
from tests.bench.figures.scaling import image_of
from tests.bench.measure import Figure, Goal, Samples, by_turns

SMALL, BIG = "releasing", "releasing-big"
COMMANDS = {SMALL: "gunicorn app:app -b :$PORT", BIG: "gunicorn nine.wsgi -b :$PORT"}


def measure(bench: Bench) -> list[Figure]:
    """Click → the first answer of a new instance through the router; beside it the app's own start."""
    source = sources.nine()
    bench.person.create(BIG, source.archive())
    bench.person.create(SMALL, source="sample", sample="flask")
    for app in (SMALL, BIG):
        bench.settle(app, bench.person.deploy(app))
    source.close()
    own = "the app's own start (docker run)"
    figures = []
    for title, app, verb, goal in (
        ("Release of a stored slug without a build, click → traffic", SMALL, "change_config", Goal(2, "s")),
        ("Rollback, click → traffic", SMALL, "roll_back", Goal(1.5, "s")),
    ):
        ours, theirs = by_turns(bench.rounds, _release(bench, app, verb), _start(bench, app))
        figures.append(Figure(title, Samples("Slipway", ours), Samples(own, theirs), goal, beyond=True))
    ours, theirs = by_turns(bench.rounds, _release(bench, BIG, "change_config", forget=True), _start(bench, BIG))
    title = "Release of a slug of nine packages not restored here yet, click → traffic"
    figures.append(Figure(title, Samples("Slipway", ours), Samples(own, theirs), Goal(6, "s")))
    for app in (SMALL, BIG):
        bench.stop(app)
    return figures


def _release(bench: Bench, app: str, verb: str, *, forget: bool = False) -> Callable[[int], float]:
    """Every page of these apps names the host it comes from, so another page is one of a new instance."""

    def release(_turn: int) -> float:
        bench.quiet()
        if forget:
            bench.docker.remove_image(image_of(bench, app))
        _, before = traffic.get(bench.address(app))
        clicked = time.perf_counter()
        number = bench.ask(verb, app)
        taken = traffic.wait(bench.address(app), lambda text: text != before) - clicked
        bench.settle(app, number)
        return taken

    return release


def _start(bench: Bench, app: str) -> Callable[[int], float]:
    def start(_turn: int) -> float:
        begun = time.perf_counter()
        taken = traffic.wait(bench.docker.start(image_of(bench, app), COMMANDS[app])) - begun
        bench.docker.stop_all()
        return taken

    return start
