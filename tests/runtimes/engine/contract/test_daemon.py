"""What every engine promises of the place it speaks for."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtimes.engine import connect
from runtimes.engine.base import Engine, EngineError, EngineUnreachable, Formation
from runtimes.engine.fake import FakeEngine
from tests.runtimes.engine.conftest import IMAGE, held, job
from tests.runtimes.engine.tars import tar


def test_an_engine_that_answers_answers(engine: Engine) -> None:
    engine.ping()


def test_an_installation_begins_with_nothing(engine: Engine) -> None:
    assert (engine.observe(), set().union(*held(engine).values())) == ([], set())


def test_a_network_is_made_once(engine: Engine) -> None:
    engine.ensure_network("apps")
    first = held(engine)["networks"]
    engine.ensure_network("apps")
    assert (len(first), held(engine)["networks"]) == (1, first)


def test_eight_who_need_a_network_at_once_get_one(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: engine.ensure_network("apps"), range(8)))
    assert len(held(engine)["networks"]) == 1


def test_removing_a_volume_that_is_not_there_is_harmless(engine: Engine) -> None:
    engine.remove_volume("cache")


def test_a_removed_volume_is_gone(engine: Engine) -> None:
    with engine.job(job("true", volumes={"cache": "/cache"})) as running:
        running.wait()
    before = held(engine)["volumes"]
    engine.remove_volume("cache")
    assert (before, held(engine)["volumes"]) == ({f"{engine.namespace}-cache"}, set())


def test_two_installations_do_not_see_each_other(engine: Engine) -> None:
    other = neighbour(engine)
    formation = Formation(name="app", process="web", image=IMAGE, command="exec sleep infinity", indexes=(1,))
    (ours,), (theirs,) = engine.apply(formation), other.apply(formation)
    engine.stop([theirs.ref], grace=0)
    assert (engine.observe(), other.observe()) == ([ours], [theirs])
    other.apply(Formation(name="app", process="web", image=IMAGE, command="", indexes=(), grace=0))
    assert (engine.observe(), other.observe()) == ([ours], [])


def neighbour(engine: Engine) -> Engine:
    """Return another installation on the same daemon."""
    namespace = f"{engine.namespace}-neighbour"
    return FakeEngine(namespace, engine.world) if isinstance(engine, FakeEngine) else connect("docker", namespace)


@pytest.fixture
def away(engine: Engine) -> Iterator[Engine]:
    """An engine whose daemon is gone."""
    if isinstance(engine, FakeEngine):
        engine.world.away = True
        yield engine
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
            yield connect("docker", engine.namespace)


def _run(engine: Engine) -> None:
    with engine.job(job("true")):
        pytest.fail("It started.")


def _open(engine: Engine) -> None:
    with engine.terminal("ref", "one", ("sh",)):
        pytest.fail("It opened.")


QUESTIONS: dict[str, Callable[[Engine], object]] = {
    "ping": lambda engine: engine.ping(),
    "ensure_network": lambda engine: engine.ensure_network("apps"),
    "job": _run,
    "keep": lambda engine: engine.keep(IMAGE),
    "kept": lambda engine: engine.kept("sha256:" + "0" * 64),
    "let_go": lambda engine: engine.let_go("sha256:" + "0" * 64),
    "restore": lambda engine: engine.restore("key", IMAGE, tar({})),
    "restored": lambda engine: engine.restored("key"),
    "forget": lambda engine: engine.forget("key"),
    "apply": lambda engine: engine.apply(
        Formation(name="app", process="web", image=IMAGE, command="true", indexes=(1,))
    ),
    "stop": lambda engine: engine.stop(["ref"]),
    "halt": lambda engine: engine.halt(["ref"]),
    "observe": lambda engine: engine.observe(),
    "lines": lambda engine: list(engine.lines("ref")),
    "tail": lambda engine: engine.tail("ref"),
    "put": lambda engine: engine.put("ref", "/app", tar({})),
    "exec": lambda engine: engine.exec("ref", ("true",)),
    "script": lambda engine: engine.script("ref", "true"),
    "terminal": _open,
    "hang_up": lambda engine: engine.hang_up("ref", "one"),
    "stats": lambda engine: engine.stats("ref"),
    "image_exists": lambda engine: engine.image_exists(IMAGE),
    "pull": lambda engine: engine.pull("slipway-nobody/has-it:1"),
    "derive": lambda engine: engine.derive("stack:build", IMAGE, tar({})),
    "derived": lambda engine: engine.derived(),
    "remove_image": lambda engine: engine.remove_image("stack:build"),
    "remove_volume": lambda engine: engine.remove_volume("cache"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_daemon_that_is_away_is_unreachable_whatever_one_asks(away: Engine, question: str) -> None:
    with pytest.raises(EngineUnreachable):
        QUESTIONS[question](away)


def test_every_method_is_asked_of_a_daemon_that_is_away() -> None:
    assert QUESTIONS.keys() == {name for name in vars(Engine) if not name.startswith("_")} - {"namespace"}


@pytest.mark.parametrize("question", ["lines", "tail", "put", "exec", "terminal", "stats"])
def test_asking_about_a_container_that_is_not_there_is_an_error(engine: Engine, question: str) -> None:
    with pytest.raises(EngineError) as raised:
        QUESTIONS[question](engine)
    assert not isinstance(raised.value, EngineUnreachable)


@pytest.mark.parametrize("kind", ["none", "podman"])
def test_a_process_without_an_engine_is_told_so(kind: str) -> None:
    with pytest.raises(EngineError, match="no engine"):
        connect(kind, "slipway")
