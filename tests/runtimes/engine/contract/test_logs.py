"""What every engine promises of an instance's log."""

from datetime import UTC, datetime

import pytest

from runtimes.engine.base import Engine, EngineError, Formation
from runtimes.engine.streams import LONGEST_LINE
from tests.runtimes.engine.conftest import IMAGE, ended
from tests.runtimes.engine.tars import tar


def started(engine: Engine, command: str, image: str = IMAGE) -> str:
    """Start one instance and return its ref."""
    (one,) = engine.apply(Formation(name="app", process="web", image=image, command=command, indexes=(1,)))
    return one.ref


def texts(engine: Engine, ref: str) -> list[bytes]:
    return [line for _, line in engine.lines(ref, follow=True)]


def test_every_line_comes_in_order_with_its_time_and_without_its_end(engine: Engine) -> None:
    before = datetime.now(UTC)
    ref = started(engine, "echo one; echo; echo three")
    lines = list(engine.lines(ref, follow=True))
    times = [when for when, _ in lines]
    assert [line for _, line in lines] == [b"one", b"", b"three"]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= datetime.now(UTC)


def test_following_ends_when_the_instance_ends(engine: Engine) -> None:
    ref = started(engine, "echo one; sleep 0.5; echo two")
    assert texts(engine, ref) == [b"one", b"two"]


def test_following_an_instance_that_has_ended_gives_all_of_it(engine: Engine) -> None:
    ref = started(engine, "echo one")
    assert texts(engine, ref) == texts(engine, ref) == [b"one"]


def test_without_following_it_ends_with_what_is_there(engine: Engine) -> None:
    ref = started(engine, "echo one; sleep infinity")
    next(engine.lines(ref, follow=True))
    assert [line for _, line in engine.lines(ref)] == [b"one"]


def test_since_a_time_is_with_the_line_of_that_time(engine: Engine) -> None:
    ref = started(engine, "echo one; sleep 0.1; echo two; sleep 0.1; echo three")
    lines = list(engine.lines(ref, follow=True))
    assert list(engine.lines(ref, since=lines[1][0])) == lines[1:]


def test_errors_are_in_the_log_as_well(engine: Engine) -> None:
    ref = started(engine, "echo one; sleep 0.1; echo two >&2")
    assert texts(engine, ref) == [b"one", b"two"]


def test_a_long_line_stays_one_line_of_which_so_much_is_kept(engine: Engine) -> None:
    image = engine.restore("long", IMAGE, tar({"long": b"x" * 100_000 + b"\nshort\n"}))
    assert texts(engine, started(engine, "cat /app/long", image)) == [b"x" * LONGEST_LINE, b"short"]


def test_a_last_line_without_an_end_is_a_line(engine: Engine) -> None:
    image = engine.restore("open", IMAGE, tar({"open": b"one\ntwo"}))
    assert texts(engine, started(engine, "cat /app/open", image)) == [b"one", b"two"]


def test_carriage_returns_and_bytes_that_are_no_text_stay_in_their_line(engine: Engine) -> None:
    image = engine.restore("odd", IMAGE, tar({"odd": b"10%\r20%\r\n\xff\xfe\n"}))
    ref = started(engine, "cat /app/odd", image)
    assert texts(engine, ref) == [b"10%\r20%\r", "��".encode()]
    assert engine.tail(ref) == ["10%\r20%\r", "��"]


def test_the_tail_is_the_last_lines(engine: Engine) -> None:
    ref = started(engine, "echo one; echo two; echo three")
    texts(engine, ref)
    assert (engine.tail(ref, 2), engine.tail(ref)) == (["two", "three"], ["one", "two", "three"])


def test_an_instance_that_said_nothing_has_no_tail(engine: Engine) -> None:
    ref = started(engine, "exit 1")
    texts(engine, ref)
    assert engine.tail(ref) == []


def test_the_log_goes_on_when_an_instance_is_started_again(engine: Engine) -> None:
    ref = started(engine, "echo hello")
    ended(engine)
    assert started(engine, "echo hello") == ref
    assert texts(engine, ref) == [b"hello", b"hello"]


def test_the_log_of_what_is_not_there_is_an_error(engine: Engine) -> None:
    with pytest.raises(EngineError):
        list(engine.lines("nobody"))
    with pytest.raises(EngineError):
        engine.tail("nobody")
