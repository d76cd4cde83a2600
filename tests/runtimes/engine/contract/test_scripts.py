"""What every engine promises of scripts that are kept ready."""

from collections.abc import Iterator

import pytest

from runtimes.engine.base import Engine, EngineError, EngineUnreachable, Job
from tests.runtimes.engine.conftest import job


@pytest.fixture
def place(engine: Engine) -> Iterator[Job]:
    """A container in which one can work."""
    with engine.job(job("sleep", "infinity", env={"PLACE": "here"})) as running:
        yield running


def test_it_runs_again_and_again_and_says_how_it_ended(engine: Engine, place: Job) -> None:
    script = engine.script(place.ref, "printenv PLACE; exit 3")
    for _ in range(3):
        code, said = script.run("one", "two")
        assert (code, said.rstrip("\n")) == (3, "here")
    script.close()


def test_it_runs_without_anything_given_and_says_nothing(engine: Engine, place: Job) -> None:
    script = engine.script(place.ref, "true")
    assert (script.run(), script.run()) == ((0, ""), (0, ""))
    script.close()


def test_where_its_container_has_ended_it_says_so_and_none_begins(engine: Engine, place: Job) -> None:
    script = engine.script(place.ref, "true")
    script.run()
    place.kill()
    place.wait()
    with pytest.raises(EngineUnreachable):
        script.run()
    script.close()
    with pytest.raises(EngineError):
        engine.script(place.ref, "true").run()


@pytest.mark.docker
@pytest.mark.parametrize("words", [("one", "two"), ("", " three \\n 4"), ("Grüße", "$(exit 1)"), ("*", "\\")])
def test_it_gets_what_it_is_given_as_it_is(docker_engine: Engine, words: tuple[str, str]) -> None:
    with docker_engine.job(job("sleep", "infinity")) as place:
        script = docker_engine.script(place.ref, 'printf "<%s>" "$#" "$@"; echo; echo aloud >&2')
        assert script.run(*words) == (0, f"<2><{words[0]}><{words[1]}>\naloud")
        assert script.run() == (0, "<0>\naloud")
        script.close()


@pytest.mark.docker
def test_nothing_of_it_runs_when_nobody_keeps_it_any_more(docker_engine: Engine) -> None:
    with docker_engine.job(job("sleep", "infinity")) as place:
        script = docker_engine.script(place.ref, "true")
        assert script.run() == (0, "")
        count = ("sh", "-c", 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c "[r]ead -r count"')
        assert docker_engine.exec(place.ref, count)[1] == "1\n"
        script.close()
        for _ in range(200):
            if docker_engine.exec(place.ref, count)[1] == "0\n":
                return
        pytest.fail("It goes on.")
