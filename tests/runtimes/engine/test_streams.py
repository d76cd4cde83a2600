"""Docker's byte streams, cut where they may be cut."""

import io
from datetime import UTC, datetime

import pytest

from runtimes.engine.streams import LONGEST_LINE, dated_lines, frames, parse_time

OUT, ERR = 1, 2
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
STAMP = b"2026-11-23T12:00:00.123456789Z "
LATER = b"2026-11-23T12:00:01.000000000Z "


class Dripping(io.BytesIO):
    """A stream that gives one byte at a time, as a socket may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1))


def frame(kind: int, payload: bytes) -> bytes:
    return bytes([kind, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def test_frames_come_whole_however_the_stream_is_cut() -> None:
    stream = frame(OUT, b"one\n") + frame(ERR, b"\x00\xff") + frame(OUT, b"x" * 1000)
    assert list(frames(Dripping(stream))) == [(OUT, b"one\n"), (ERR, b"\x00\xff"), (OUT, b"x" * 1000)]


def test_an_empty_frame_is_no_end() -> None:
    assert list(frames(io.BytesIO(frame(OUT, b"") + frame(OUT, b"on")))) == [(OUT, b"on")]


@pytest.mark.parametrize("size", range(8, 12))
def test_what_came_of_a_frame_that_breaks_off_is_kept(size: int) -> None:
    whole = frame(OUT, b"abcd")
    assert b"".join(data for _, data in frames(io.BytesIO(whole[:size]))) == b"abcd"[: size - 8]


def test_a_stream_that_breaks_off_in_a_header_just_ends() -> None:
    assert list(frames(io.BytesIO(frame(OUT, b"one") + b"\x01\x00\x00"))) == [(OUT, b"one")]


def test_parts_of_a_long_line_are_joined_under_the_time_of_the_first() -> None:
    log = [(OUT, STAMP + b"one "), (OUT, LATER + b"two "), (OUT, LATER + b"three\n"), (OUT, LATER + b"next\n")]
    assert list(dated_lines(log)) == [(NOON, b"one two three"), (parse_time(LATER.decode().strip()), b"next")]


def test_an_error_between_the_parts_of_a_line_does_not_get_into_it() -> None:
    log = [(OUT, STAMP + b"half "), (ERR, STAMP + b"oops\n"), (OUT, STAMP + b"whole\n")]
    assert [line for _, line in dated_lines(log)] == [b"oops", b"half whole"]


def test_a_line_that_never_ends_comes_with_the_end_of_the_log() -> None:
    assert list(dated_lines([(OUT, STAMP + b"half")])) == [(NOON, b"half")]


def test_a_line_that_never_ends_may_be_left_for_later() -> None:
    assert list(dated_lines([(OUT, STAMP + b"one\n"), (OUT, LATER + b"half")], whole=True)) == [(NOON, b"one")]


def test_of_a_line_that_never_ends_only_the_beginning_is_held() -> None:
    endless = [(OUT, STAMP + b"x" * 16_384)] * 100
    log = [*endless, (OUT, STAMP + b"\n"), (OUT, STAMP + b"next\n")]
    assert list(dated_lines(log)) == [(NOON, b"x" * LONGEST_LINE), (NOON, b"next")]


def test_what_overwrites_a_line_that_is_cut_is_left_out() -> None:
    log = [(OUT, STAMP + b"y" * 100 + b"\r" + b"x" * LONGEST_LINE + b"\n")]
    assert list(dated_lines(log)) == [(NOON, b"y" * 100)]


def test_an_empty_line_is_a_line() -> None:
    assert list(dated_lines([(OUT, STAMP + b"\n")])) == [(NOON, b"")]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-23T12:00:00.123456789Z", NOON),
        ("2026-11-23T13:00:00.123456789+01:00", NOON),
        ("2026-11-23T11:30:00.123456-00:30", NOON),
        ("2026-11-23T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("2026-11-23T12:00:00Z", NOON.replace(microsecond=0)),
    ],
)
def test_dockers_times_are_read_to_the_microsecond(text: str, meant: datetime) -> None:
    assert parse_time(text) == meant
