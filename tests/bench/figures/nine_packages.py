"""A real Django project with nine packages: cold, one package more, unchanged; and what the driver itself takes."""

import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from tests.bench import sources
from tests.bench.bench import Bench, seconds
from tests.bench.measure import TIMES, Figure, Goal, Samples, of_the_middle
from tests.bench.sources import Source

# One more for each round, so that no cache has it yet.
ADDED = ("Markdown", "PyYAML", "Jinja2", "httpx", "beautifulsoup4", "tabulate", "Unidecode", "attrs", "python-slugify")
# BuildKit remembers the builds of earlier runs too: no change may be like one of theirs, nor any requirements.
RUN = uuid.uuid4().hex
REQUIREMENTS = "requirements.txt"
BESIDE = {
    "cold": "docker build --no-cache",
    "added": "docker build (layers cached)",
    "unchanged": "docker build (layers cached)",
}
TURN = ("cold", "added", "unchanged")
SLUG = """SELECT slug.sha256, slug.unpacked FROM builds_build AS build
JOIN runtimes_slug AS slug ON build.slug_id = slug.id
JOIN runtimes_journal AS journal ON build.journal_id = journal.id
JOIN runtimes_app AS app ON build.app_id = app.id WHERE app.name = ? AND journal.number = ?"""


@dataclass
class Taken:
    """What one kind of build took, round by round, in seconds."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)
    driver: list[float] = field(default_factory=list)


def measure(bench: Bench) -> list[Figure]:
    """Click → slug stored, against `docker build` → image there; pip in the Dockerfile, layers cached but when cold."""
    with tempfile.TemporaryDirectory() as place:  # of all rounds: why nothing is removed between them, see `Bench.stop`
        return _measure(bench, Path(place))


def _measure(bench: Bench, place: Path) -> list[Figure]:
    taken = {kind: Taken() for kind in TURN}
    packing, bare, sizes = [], [], [0.0]
    for turn in range(bench.rounds):
        source, app = sources.nine(), f"nine-{turn}"
        for kind in TURN:
            _change(source, kind, turn)
            number = _ours(bench, app, source, taken[kind])
            taken[kind].theirs.append(bench.docker.build(source.context(), "nine", cached=kind != "cold"))
            steps = bench.steps(app, number)
            packing.append(steps["Package slug"] + steps["Store slug"])
            size, packed_in = _bare(bench, app, number, place / f"{app}-{kind}")
            sizes.append(size)
            bare.append(packed_in)
        source.close()
        bench.stop(app)
    return [*_builds(taken), *_driver(taken, packing, bare, max(sizes))]


def _builds(taken: dict[str, Taken]) -> list[Figure]:
    goals = {"cold": Goal(0.5, TIMES), "added": Goal(0.3, TIMES), "unchanged": Goal(5, "s")}
    titles = {"cold": "cold", "added": "one package added", "unchanged": "requirements unchanged"}
    return [
        Figure(
            f"Build of nine packages, {titles[kind]}, click → slug stored",
            Samples("Slipway", taken[kind].ours),
            Samples(BESIDE[kind], taken[kind].theirs),
            goals[kind],
            parts=of_the_middle(taken[kind].ours, taken[kind].steps),
        )
        for kind in TURN
    ]


def _driver(taken: dict[str, Taken], packing: list[float], bare: list[float], size: float) -> list[Figure]:
    return [
        Figure(
            "The driver's own share of an unchanged build: all that it does but the buildpacks, packing included",
            Samples("Slipway", taken["unchanged"].driver),
            goal=Goal(1.5, "s"),
        ),
        Figure(
            f"Packing and storing a tree of {size / 1_000_000:.0f} MB",
            Samples("Slipway", packing),
            Samples("tar | zstd -3 -T0", bare),
            Goal(2, TIMES),
        ),
    ]


def _change(source: Source, kind: str, turn: int) -> None:
    if kind == "added":
        listed = (source.folder / REQUIREMENTS).read_text()
        source.change({REQUIREMENTS: f"{listed}{ADDED[turn % len(ADDED)]}  # {RUN}\n"})
    source.change({"nine/marker.txt": f"{RUN}-{kind}-{turn}\n"})


def _ours(bench: Bench, app: str, source: Source, taken: Taken) -> int:
    """Deploy and wait until it is over; the figure ends where the slug is stored."""
    archive = source.archive()
    if not _exists(bench, app):
        bench.person.create(app, archive)
    clicked = datetime.now(UTC).replace(tzinfo=None).isoformat()
    number = bench.person.deploy(app, archive)
    bench.settle(app, number)
    moments = bench.moments(app, number)
    steps = bench.steps(app, number)
    names = list(steps)
    taken.ours.append(seconds(clicked, moments["store"][1]))
    taken.steps.append({name: steps[name] for name in names[: names.index("Store slug") + 1]})
    buildpacks = sum(seconds(*moments[key]) for key in moments if key.startswith("buildpack:"))
    taken.driver.append(seconds(moments["detect"][0], moments["package"][1]) - buildpacks)
    return number


def _exists(bench: Bench, app: str) -> bool:
    return bool(bench.installation.rows("SELECT 1 FROM runtimes_app WHERE name = ?", app))


def _bare(bench: Bench, app: str, number: int, place: Path) -> tuple[float, float]:
    """Unpack the slug that was built and pack it by hand: its size in bytes, and the seconds that packing took."""
    (row,) = bench.installation.rows(SLUG, app, number)
    (slug,) = (bench.installation.data / "storage" / "slugs").rglob(f"*{row['sha256']}*")
    tree = place / "tree"
    tree.mkdir(parents=True)
    subprocess.run(["tar", "--zstd", "-x", "-f", slug, "-C", tree], check=True)
    begun = time.perf_counter()
    with (place / "packed").open("wb") as out:
        _pipe(tree, out)
    return float(row["unpacked"]), time.perf_counter() - begun


def _pipe(tree: Path, out: IO[bytes]) -> None:
    with subprocess.Popen(["tar", "-c", "-C", tree, "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(["zstd", "-3", "-T0", "-q", "-c"], stdin=tar.stdout, stdout=out, check=True)
