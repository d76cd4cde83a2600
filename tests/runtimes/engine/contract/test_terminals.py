"""What every engine promises of terminals."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtimes.engine.base import Engine, EngineError, Job, Terminal, Upload
from tests.runtimes.engine.conftest import held, job
from tests.runtimes.engine.tars import tar

PATIENCE_SECONDS = 30


@pytest.fixture
def place(engine: Engine) -> Iterator[Job]:
    """A container in which one can work."""
    with engine.job(job("sleep", "infinity", env={"PLACE": "here"})) as running:
        yield running


def read_until(terminal: Terminal, wanted: bytes) -> bytes:
    """What comes up to and with these bytes."""
    seen, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    while wanted not in seen:
        piece = terminal.read()
        assert piece, f"It ended with {seen!r}"
        assert time.monotonic() < deadline, f"Only this came: {seen!r}"
        seen += piece
    return seen


def read_all(terminal: Terminal) -> bytes:
    """What comes until the end."""
    return b"".join(iter(terminal.read, b""))


def test_what_is_typed_is_done_and_answered(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",), {"GREETING": "Grüße, 你好"}) as terminal:
        terminal.write(b"printenv PLACE; printenv GREETING\n")
        assert "here\r\nGrüße, 你好".encode() in read_until(terminal, "你好".encode())


def test_what_is_typed_is_shown(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",)) as terminal:
        terminal.write("true ö\n".encode())
        assert "true ö\r\n".encode() in read_until(terminal, b"\r\n")


def test_the_end_comes_with_the_exit_status(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",)) as terminal:
        terminal.write(b"exit 3\n")
        read_all(terminal)
        assert terminal.wait() == 3


def test_the_size_is_told_and_told_again(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",)) as terminal:
        terminal.resize(30, 100)
        terminal.write(b"stty size\n")
        read_until(terminal, b"30 100")
        terminal.resize(50, 20)
        terminal.write(b"stty size\n")
        read_until(terminal, b"50 20")


def test_ctrl_c_interrupts_what_runs_and_the_shell_goes_on(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",), {"GREETING": "hello"}) as terminal:
        terminal.write(b"sleep infinity\n")
        read_until(terminal, b"infinity\r\n")
        time.sleep(0.3)
        terminal.write(b"\x03")
        terminal.write(b"printenv GREETING\n")
        read_until(terminal, b"hello")


def test_ctrl_d_ends_a_shell(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("sh",)) as terminal:
        terminal.write(b"\x04")
        read_all(terminal)
        assert terminal.wait() == 0


def test_large_output_comes_whole_however_slowly_it_is_read(engine: Engine) -> None:
    large = b"0123456789abcdef" * 40_000
    uploads = [Upload("/slipway", tar({"large": large}))]
    with (
        engine.job(job("sleep", "infinity"), uploads) as running,
        engine.terminal(running.ref, "one", ("cat", "/slipway/large")) as terminal,
    ):
        first = terminal.read()
        time.sleep(0.5)
        assert first + read_all(terminal) == large


def test_hanging_up_lets_go_of_who_reads_and_ends_what_runs(engine: Engine, place: Job) -> None:
    with ThreadPoolExecutor(1) as pool, engine.terminal(place.ref, "one", ("sh",)) as terminal:
        terminal.write(b"sleep infinity\n")
        read_until(terminal, b"infinity\r\n")
        rest = pool.submit(read_all, terminal)
        terminal.close()
        rest.result(PATIENCE_SECONDS)
        assert terminal.wait() == 137


def test_a_terminal_is_hung_up_by_its_name_and_another_goes_on(engine: Engine, place: Job) -> None:
    with (
        engine.terminal(place.ref, "shell-1", ("sh",)) as first,
        engine.terminal(place.ref, "shell-12", ("sh",), {"GREETING": "hello"}) as second,
    ):
        engine.hang_up(place.ref, "shell-1")
        read_all(first)
        assert first.wait() == 137
        second.write(b"printenv GREETING\n")
        read_until(second, b"hello")
    engine.hang_up(place.ref, "shell-1")
    engine.hang_up("nobody", "shell-1")


def test_what_is_typed_after_the_end_is_lost_without_a_word(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("true",)) as terminal:
        read_all(terminal)
        terminal.write(b"hello\n")
        terminal.resize(10, 10)


def test_a_terminal_in_what_does_not_run_is_an_error(engine: Engine) -> None:
    with engine.job(job("true")) as ended:
        ended.wait()
        with pytest.raises(EngineError), engine.terminal(ended.ref, "one", ("sh",)):
            pytest.fail("It opened.")
    with pytest.raises(EngineError), engine.terminal("nobody", "one", ("sh",)):
        pytest.fail("It opened.")


def test_a_command_that_does_not_exist_ends_with_126_or_127(engine: Engine, place: Job) -> None:
    with engine.terminal(place.ref, "one", ("no-such-program",)) as terminal:
        read_all(terminal)
        assert terminal.wait() in (126, 127)


def test_a_terminal_ends_with_its_container(engine: Engine) -> None:
    before = held(engine)
    with (
        ThreadPoolExecutor(1) as pool,
        engine.job(job("sleep", "infinity")) as running,
        engine.terminal(running.ref, "one", ("sh",)) as terminal,
    ):
        rest = pool.submit(read_all, terminal)
        running.kill()
        rest.result(PATIENCE_SECONDS)
    assert held(engine) == before
