"""A change of the code alone: caches are warm on both sides."""

import time
import uuid

from tests.bench import sources, traffic
from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples, by_turns, of_the_middle
from tests.bench.sources import Source

APP = "redeploy"
# BuildKit remembers the builds of earlier runs too: no change may be like one of theirs.
RUN = uuid.uuid4().hex
PAGE = "harbour/templates/harbour/index.html"


def measure(bench: Bench) -> list[Figure]:
    """Click → the changed page through the router, beside a layer-cached build and a run."""
    source = sources.django_vue()
    original = (source.folder / PAGE).read_text()
    bench.person.create(APP, source.archive())
    bench.settle(APP, bench.person.deploy(APP))
    bench.docker.build(source.context(), APP)
    steps: list[dict[str, float]] = []

    def slipway(turn: int) -> float:
        archive = _changed(source, original, turn).archive()
        bench.quiet()
        clicked = time.perf_counter()
        number = bench.person.deploy(APP, archive)
        bench.wait_for_start(APP, number)
        seconds = traffic.wait(bench.address(APP), lambda text: _marker(turn) in text) - clicked
        bench.settle(APP, number)
        steps.append(bench.steps(APP, number))
        return seconds

    def docker(turn: int) -> float:
        context = _changed(source, original, turn).context()
        begun = time.perf_counter()
        bench.docker.build(context, APP, cached=True)
        address = bench.docker.start(bench.docker.image(APP))
        seconds = traffic.wait(address, lambda text: _marker(turn) in text) - begun
        bench.docker.stop_all()
        return seconds

    ours, theirs = by_turns(bench.rounds, slipway, docker)
    source.close()
    bench.stop(APP)
    return [
        Figure(
            "Code-only redeploy, click → traffic",
            Samples("Slipway", ours),
            Samples("docker build (layers cached), docker run", theirs),
            Goal(10, "s"),
            parts=of_the_middle(ours, steps),
        )
    ]


def _changed(source: Source, original: str, turn: int) -> Source:
    source.change({PAGE: original + f"<!-- {_marker(turn)} -->\n"})
    return source


def _marker(turn: int) -> str:
    return f"{RUN}-{turn}."
