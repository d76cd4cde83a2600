"""More instances of what runs, against as many `docker run` at once of the very same image."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.bench import traffic
from tests.bench.bench import Bench
from tests.bench.measure import TIMES, Figure, Goal, Samples, by_turns

SAMPLE, SMALL = "scaling", "scaling-small"
COMMANDS = {SAMPLE: "gunicorn wsgi -w 4 -b :$PORT", SMALL: "gunicorn app:app -b :$PORT"}
# What Slipway tells its instances: by this the image's own scripts choose the number of workers, two in either case.
TOLD = {"MEMORY_AVAILABLE": "512"}
IMAGE = """SELECT slug.sha256 FROM runtimes_release AS release JOIN runtimes_slug AS slug ON release.slug_id = slug.id
JOIN runtimes_environment AS environment ON release.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id WHERE app.name = ? AND release.state = 'live'"""
UP = """SELECT instance.address FROM runtimes_instance AS instance
JOIN runtimes_environment AS environment ON instance.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id
WHERE app.name = ? AND instance.state = 'up' AND instance.address != ''"""
TOLD_ROUTER = "SELECT note FROM runtimes_hold WHERE name = 'router'"


def measure(bench: Bench) -> list[Figure]:
    """1 → 5 of the sample, then 1 → 10 and 10 → 11 of a small one."""
    for app, sample in ((SAMPLE, "django-vue"), (SMALL, "flask")):
        bench.person.create(app, source="sample", sample=sample)
        bench.settle(app, bench.person.deploy(app))
    figures = [
        _compare(bench, SAMPLE, 1, 5, Goal(1.5, TIMES)),
        _compare(bench, SMALL, 1, 10, Goal(1.2, TIMES)),
        _compare(bench, SMALL, 10, 11, Goal(1.5, TIMES)),
    ]
    for app in (SAMPLE, SMALL):
        bench.stop(app)
    return figures


def _compare(bench: Bench, app: str, few: int, many: int, goal: Goal) -> Figure:
    """Ours to the moment at which the router reaches all; beside it the runs that make as many, at once.

    From one on that is all of them, as the goal is set: one more than Slipway starts.
    """
    runs = many if few == 1 else many - few
    image = image_of(bench, app)

    def slipway(_turn: int) -> float:
        before = _set(bench, app, few)
        bench.quiet()
        begun = time.perf_counter()
        _set(bench, app, many, before)
        seconds = time.perf_counter() - begun
        _set(bench, app, 1)
        return seconds

    def docker(_turn: int) -> float:
        _set(bench, app, few)
        bench.quiet()
        begun = time.perf_counter()
        with ThreadPoolExecutor(many) as pool:
            ended = list(pool.map(lambda _: _run(bench, image, COMMANDS[app]), range(runs)))
        seconds = max(ended) - begun
        bench.docker.stop_all()
        return seconds

    ours, theirs = by_turns(bench.rounds, slipway, docker)
    _set(bench, app, 1)
    size = "the sample" if app == SAMPLE else "a small app"
    beside = "docker run" if runs == 1 else f"docker run, {runs} at once"
    title = f"Scale {few} → {many} of {size}, until all answer"
    return Figure(title, Samples("Slipway", ours), Samples(beside, theirs), goal)


def image_of(bench: Bench, app: str) -> str:
    """The image that the live release's instances run from."""
    (row,) = bench.installation.rows(IMAGE, app)
    return f"{bench.installation.namespace}/slug:{row['sha256'][:24]}"


def _run(bench: Bench, image: str, command: str) -> float:
    return traffic.wait(bench.docker.start(image, command, env=TOLD))


def _set(bench: Bench, app: str, quantity: int, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Scale; return the hosts that answer through the router, as many as asked for; `known` need not again.

    It is asked from when all are up and it was told: before, questions only take the processor from what comes up.
    """
    with bench.installation.look() as rows:
        is_news, told = len(rows(UP, app)) != quantity, rows(TOLD_ROUTER)
        bench.ask("scale", app, {"web": quantity})
        while len(rows(UP, app)) != quantity or (is_news and rows(TOLD_ROUTER) == told):
            time.sleep(traffic.PAUSE_SECONDS)
    reached = set(known)
    with traffic.Visitor(bench.address(app)) as visitor:
        while len(reached) < quantity:
            status, text = visitor.get()
            assert status == 200, f"{app} answered {status}"
            reached.add(_who(text))
    return frozenset(reached)


def _who(page: str) -> str:
    """The host that a sample's page says it runs on."""
    return page.partition("<dt>Host</dt><dd>")[2][:12] or page.partition("<code>")[2][:12]
