"""What every engine promises of images that others made."""

from dataclasses import replace

import pytest

from runtimes.engine.base import Engine, EngineError, Exit, Formation
from tests.runtimes.engine.conftest import IMAGE, held, job
from tests.runtimes.engine.tars import broken, tar


def test_a_derived_image_has_the_files_of_both(engine: Engine) -> None:
    image = engine.derive("stack-mine:build", IMAGE, tar({"usr/local/lib/slipway/word": b"more"}))
    with engine.job(replace(job("cat", "/usr/local/lib/slipway/word"), image=image)) as running:
        assert (b"".join(running.output()), running.wait()) == (b"more", Exit(0))
    assert image == f"{engine.namespace}/stack-mine:build"


def test_deriving_again_replaces_the_image_and_leaves_no_container(engine: Engine) -> None:
    engine.derive("stack-mine:build", IMAGE, tar({"word": b"old"}))
    image = engine.derive("stack-mine:build", IMAGE, tar({"word": b"new"}))
    with engine.job(replace(job("cat", "/word"), image=image)) as running:
        assert b"".join(running.output()) == b"new"
    left = held(engine)
    assert (len(left["images"]), left["containers"]) == (1, set())


def test_a_stream_that_breaks_off_derives_nothing(engine: Engine) -> None:
    before = held(engine)
    with pytest.raises(OSError, match="the storage went away"):
        engine.derive("stack-mine:build", IMAGE, broken())
    assert held(engine) == before


def test_what_is_not_here_is_nothing_to_derive_from(engine: Engine) -> None:
    with pytest.raises(EngineError, match="no-such-image"):
        engine.derive("stack-mine:build", "no-such-image", tar({}))


def test_a_derived_image_goes_when_nothing_runs_of_it(engine: Engine) -> None:
    image = engine.derive("stack-mine:run", IMAGE, tar({}))
    engine.apply(Formation(name="app", process="web", image=image, command="sleep infinity", indexes=(1,)))
    with pytest.raises(EngineError):
        engine.remove_image("stack-mine:run")
    engine.stop([one.ref for one in engine.observe()], grace=0)
    engine.remove_image("stack-mine:run")
    engine.remove_image("stack-mine:run")
    assert held(engine)["images"] == set()


def test_derived_images_are_listed_and_no_others(engine: Engine) -> None:
    assert engine.derived() == []
    image = engine.derive("stack-mine:run", IMAGE, tar({}))
    engine.restore("a-slug-of-it", image, tar({"hello": b"world"}))
    assert engine.derived() == ["stack-mine:run"]
    engine.forget("a-slug-of-it")
    engine.remove_image("stack-mine:run")
    assert engine.derived() == []


def test_an_image_that_is_here_is_not_asked_for_and_another_is_refused_with_a_reason(engine: Engine) -> None:
    engine.pull(IMAGE)
    with pytest.raises(EngineError):
        engine.pull("127.0.0.1:1/no-such/image:latest")
