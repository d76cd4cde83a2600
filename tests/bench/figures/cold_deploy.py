"""The sample's first deploy, against `docker build` and `docker run` of the same app with pip."""

import time
from functools import partial

from tests.bench import sources, traffic
from tests.bench.bench import Bench
from tests.bench.measure import TIMES, Figure, Goal, Samples, by_turns, of_the_middle

LATER = "Cold deploy of the sample as a new app, click → traffic"
FIRST = "Cold deploy of the sample as a platform's very first build, click → traffic"


def measure(bench: Bench) -> list[Figure]:
    """Click → first answer through the router; nothing of the app is in any cache, on either side.

    Twice on our side: with an empty store, as the first app of a platform is built, and with one that an app before has
    filled, as every later one.
    """
    source = sources.django_vue()
    context = source.context()
    steps: dict[str, list[dict[str, float]]] = {"first": [], "later": []}

    def slipway(kind: str, turn: int) -> float:
        app = f"cold-{kind}-{turn}"
        bench.person.create(app, source="sample", sample="django-vue")
        clicked = time.perf_counter()
        number = bench.person.deploy(app)
        bench.wait_for_start(app, number)
        seconds = traffic.wait(bench.address(app)) - clicked
        bench.settle(app, number)
        steps[kind].append(bench.steps(app, number))
        bench.stop(app)
        return seconds

    def first(turn: int) -> float:
        bench.empty_store()
        with bench.filling_store():
            return slipway("first", turn)

    def docker(turn: int) -> float:
        name = f"cold-{turn}"
        begun = time.perf_counter()
        bench.docker.build(context, name)
        seconds = traffic.wait(bench.docker.start(bench.docker.image(name))) - begun
        bench.docker.stop_all()
        return seconds

    firsts, theirs, later = by_turns(bench.rounds, first, docker, partial(slipway, "later"))
    source.close()
    return [_figure(LATER, later, theirs, steps["later"]), _figure(FIRST, firsts, theirs, steps["first"])]


def _figure(title: str, ours: list[float], theirs: list[float], steps: list[dict[str, float]]) -> Figure:
    beside = Samples("docker build --no-cache, docker run", theirs)
    return Figure(title, Samples("Slipway", ours), beside, Goal(0.8, TIMES), parts=of_the_middle(ours, steps))
