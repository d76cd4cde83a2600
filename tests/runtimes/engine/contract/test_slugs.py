"""What every engine promises of slugs that become images."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from runtimes.engine.base import Engine, EngineError, Exit, Formation
from tests.runtimes.engine.conftest import IMAGE, held, job
from tests.runtimes.engine.tars import broken, cut, tar


def unread() -> Iterator[bytes]:
    yield pytest.fail("The stream was read.")


@pytest.fixture
def key() -> str:
    return secrets.token_hex(32)


def test_a_restored_slug_lies_at_app_for_every_container_of_its_image(engine: Engine, key: str) -> None:
    image = engine.restore(key, IMAGE, tar({"page": b"content", "deep/file": b"more"}))
    with engine.job(replace(job("cat", "/app/page", "/app/deep/file"), image=image)) as running:
        assert (b"".join(running.output()), running.wait()) == (b"contentmore", Exit(0))


def test_the_image_carries_the_installations_name(engine: Engine, key: str) -> None:
    assert engine.restore(key, IMAGE, tar({})) == f"{engine.namespace}/slug:{key[:24]}"


def test_restoring_makes_an_image_and_leaves_no_container(engine: Engine, key: str) -> None:
    engine.restore(key, IMAGE, tar({"page": b""}))
    left = held(engine)
    assert (len(left["images"]), left["containers"]) == (1, set())


def test_a_slug_that_is_restored_is_not_read_again(engine: Engine, key: str) -> None:
    first = engine.restore(key, IMAGE, tar({}))
    assert engine.restore(key, IMAGE, unread()) == first


def test_what_is_restored_is_known_until_it_is_forgotten(engine: Engine, key: str) -> None:
    before = engine.restored(key)
    image = engine.restore(key, IMAGE, tar({}))
    during = engine.restored(key)
    engine.forget(key)
    assert (before, during, engine.restored(key)) == (None, image, None)
    assert held(engine)["images"] == set()


def test_forgetting_what_was_never_restored_is_harmless(engine: Engine, key: str) -> None:
    engine.forget(key)


def test_a_slug_whose_instances_run_is_not_forgotten(engine: Engine, key: str) -> None:
    image = engine.restore(key, IMAGE, tar({}))
    engine.apply(Formation(name="app", process="web", image=image, command="sleep infinity", indexes=(1,)))
    with pytest.raises(EngineError):
        engine.forget(key)
    assert engine.restored(key) == image


def test_a_stream_that_breaks_off_raises_its_own_error_and_leaves_nothing(engine: Engine, key: str) -> None:
    before = held(engine)
    with pytest.raises(OSError, match="the storage went away"):
        engine.restore(key, IMAGE, broken())
    assert (engine.restored(key), held(engine)) == (None, before)


def test_a_stream_that_is_no_whole_tar_is_an_error_and_leaves_nothing(engine: Engine, key: str) -> None:
    before = held(engine)
    with pytest.raises(EngineError):
        engine.restore(key, IMAGE, cut())
    assert (engine.restored(key), held(engine)) == (None, before)


def test_a_slug_on_an_image_that_is_not_here_is_an_error(engine: Engine, key: str) -> None:
    before = held(engine)
    with pytest.raises(EngineError):
        engine.restore(key, "no-such-image", tar({}))
    assert held(engine) == before


def test_four_who_restore_one_slug_at_once_get_one_image(engine: Engine, key: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda _: engine.restore(key, IMAGE, tar({"page": b"x"})), range(4)))
    left = held(engine)
    assert (len(set(names)), len(left["images"]), left["containers"]) == (1, 1, set())


def test_an_image_that_is_here_is_known_and_another_is_not(engine: Engine) -> None:
    assert (engine.image_exists(IMAGE), engine.image_exists("no-such-image")) == (True, False)
