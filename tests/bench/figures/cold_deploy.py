"""The sample's first deploy, against `docker build` and `docker run` of the same app with pip."""

import time
from functools import partial

from tests.bench import sources, traffic
from tests.bench.bench import Bench
from tests.bench.measure import TIMES, Figure, Goal, Samples, by_turns, of_the_middle

STOCKED = "Cold deploy of the sample as a new app, click → traffic"
EMPTY = "Cold deploy of the sample with an empty store, click → traffic"


def measure(bench: Bench) -> list[Figure]:
    """Click → first answer through the router; nothing of the app is in any cache, on either side.

    Twice on our side: with an empty store, as where nothing is fetched ahead, and with one that holds the usual
    Node.js, as a platform's has soon after it started.
    """
    source = sources.django_vue()
    context = source.context()
    steps: dict[str, list[dict[str, float]]] = {"empty": [], "stocked": []}

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

    def with_empty_store(turn: int) -> float:
        bench.empty_store()
        with bench.filling_store():
            return slipway("empty", turn)

    def docker(turn: int) -> float:
        name = f"cold-{turn}"
        begun = time.perf_counter()
        bench.docker.build(context, name)
        seconds = traffic.wait(bench.docker.start(bench.docker.image(name))) - begun
        bench.docker.stop_all()
        return seconds

    empty, theirs, stocked = by_turns(bench.rounds, with_empty_store, docker, partial(slipway, "stocked"))
    source.close()
    return [_figure(STOCKED, stocked, theirs, steps["stocked"]), _figure(EMPTY, empty, theirs, steps["empty"])]


def _figure(title: str, ours: list[float], theirs: list[float], steps: list[dict[str, float]]) -> Figure:
    beside = Samples("docker build --no-cache, docker run", theirs)
    return Figure(title, Samples("Slipway", ours), beside, Goal(0.8, TIMES), parts=of_the_middle(ours, steps))
