"""From bytes that are cut anywhere to lines."""

import random
import tracemalloc

import pytest

from runtimes.loglines import LONGEST, LineSplitter, clean, shorten

# What a stream is put together from: everything that means something to the splitter.
PIECES = (
    b"word ",
    "é€𝄞".encode(),
    b"\n",
    b"\r",
    b"\r\n",
    b"\x00\x07\x08",
    b"\xff\xc3",
    b"\x1b[31mred\x1b[0m",
    b"\x1b]0;a title\x07",
    b"\x1b]8;;http://elsewhere\x1b\\",
    b"x" * (LONGEST - 5),
    b"y" * (2 * LONGEST),
)


def lines_of(chunks: list[bytes]) -> list[str]:
    """All lines of a stream as they would be stored."""
    splitter = LineSplitter()
    found = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [shorten(line) for line in found + splitter.close()]


def cut(stream: bytes, where: random.Random) -> list[bytes]:
    """The stream in pieces of any size, empty ones too."""
    places = sorted(where.choices(range(len(stream) + 1), k=where.randint(0, 8)))
    return [stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)]


@pytest.mark.parametrize("seed", range(40))
def test_lines_do_not_depend_on_where_the_stream_was_cut(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 it shall be the same each time
    stream = b"".join(chance.choices(PIECES, weights=[8] * 10 + [1, 1], k=chance.randint(1, 25)))
    whole = lines_of([stream])
    for _ in range(8):
        assert lines_of(cut(stream, chance)) == whole
    if len(stream) < 1000:
        assert lines_of([bytes([byte]) for byte in stream]) == whole


def test_a_line_counts_at_its_newline_and_the_rest_at_the_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == ["one"]
    assert splitter.feed(b"o\n\nthree") == ["two", ""]
    assert splitter.close() == ["three"]
    assert splitter.close() == []


def test_of_a_progress_bar_the_last_state_stays() -> None:
    assert lines_of([b"10%\r50%", b"\r100%\n"]) == ["100%"]
    assert lines_of([b"10%\r", b"100%\r", b"\n"]) == ["100%"]
    assert lines_of([b"windows\r\nlines\r\n"]) == ["windows", "lines"]


def test_a_long_state_of_a_progress_bar_is_overwritten_like_a_short_one() -> None:
    assert lines_of([b"x" * (3 * LONGEST) + b"\r", b"done\n"]) == ["done"]


def test_an_invalid_byte_is_shown_as_one_and_a_character_that_is_cut_in_two_is_whole() -> None:
    assert lines_of([b"\xff!\n"]) == ["\ufffd!"]
    assert lines_of(["€\n".encode()[:1], "€\n".encode()[1:]]) == ["€"]
    assert lines_of([b"\xe2\x82"]) == ["\ufffd"]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x00b\x07c\x9bd", "abcd"),
        ("\x1b[32mgreen\x1b[0m\ttab", "\x1b[32mgreen\x1b[0m\ttab"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://bad\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice control\x1b\\text", "text"),
        ("unended \x1b]0;title", "unended "),
    ],
)
def test_what_only_a_terminal_obeys_is_left_out_and_colours_stay(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_a_long_line_is_cut_and_says_so() -> None:
    assert shorten("x" * LONGEST) == "x" * LONGEST
    short = shorten("x" * (LONGEST + 1))
    assert short.startswith("x" * LONGEST + " …")
    assert "cut" in short


def test_of_a_line_whose_end_was_lost_the_last_part_is_not_shown() -> None:
    assert "half" not in shorten("x" * LONGEST + "half", unended=True)
    assert "cut" in shorten("short half", unended=True)


def test_an_endless_line_is_not_held_in_memory() -> None:
    splitter = LineSplitter()
    piece = b"x" * 65536
    tracemalloc.start()
    for _ in range(200):
        assert splitter.feed(piece) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 1024 * 1024
    assert len(splitter.close()[0]) <= 2 * LONGEST
