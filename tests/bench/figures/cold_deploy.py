"""The sample's first deploy, against `docker build` and `docker run` of the same app with pip."""

import time

from tests.bench import sources, traffic
from tests.bench.bench import Bench
from tests.bench.measure import TIMES, Figure, Goal, Samples, by_turns, of_the_middle

IMAGE = "cold"


def measure(bench: Bench) -> list[Figure]:
    """Click → first answer through the router; nothing of the app is in any cache, on either side."""
    source = sources.django_vue()
    context = source.context()
    steps: list[dict[str, float]] = []

    def slipway(turn: int) -> float:
        app = f"cold-{turn}"
        bench.person.create(app, source="sample", sample="django-vue")
        clicked = time.perf_counter()
        number = bench.person.deploy(app)
        seconds = traffic.wait(bench.address(app)) - clicked
        bench.settle(app, number)
        steps.append(bench.steps(app, number))
        bench.destroy(app)
        return seconds

    def docker(_turn: int) -> float:
        begun = time.perf_counter()
        bench.docker.build(context, IMAGE)
        seconds = traffic.wait(bench.docker.start(bench.docker.image(IMAGE))) - begun
        bench.docker.stop_all()
        bench.docker.remove_image(bench.docker.image(IMAGE))
        return seconds

    ours, theirs = by_turns(bench.rounds, slipway, docker)
    source.close()
    return [
        Figure(
            "Cold deploy of the sample, click → traffic",
            Samples("Slipway", ours),
            Samples("docker build --no-cache, docker run", theirs),
            Goal(0.8, TIMES),
            parts=of_the_middle(ours, steps),
        )
    ]
