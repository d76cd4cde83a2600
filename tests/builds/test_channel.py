"""Events between lines of output, wherever the stream is cut."""

import json
import random
import tracemalloc
from collections.abc import Iterable

import pytest

from builds.channel import Event, split

NONCE = "5f0c9a"


def event(number: int, nonce: str = NONCE) -> bytes:
    """What the driver writes."""
    return f"\x1e{nonce}\x1e{json.dumps({'event': 'step.begin', 'number': number})}\n".encode()


def parts(chunks: Iterable[bytes]) -> list[bytes | Event]:
    """Events in order, and the output between them in one piece each."""
    found: list[bytes | Event] = []
    for part in split(chunks, NONCE):
        if isinstance(part, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += part
        else:
            found.append(part)
    return found


STREAM = b"before\n" + event(1) + event(2) + b"between \x1e\x1eno\x1e5f0c\nlines\n" + event(3) + b"after\x1e5f0"
EXPECTED: list[bytes | Event] = [
    b"before\n",
    {"event": "step.begin", "number": 1},
    {"event": "step.begin", "number": 2},
    b"between \x1e\x1eno\x1e5f0c\nlines\n",
    {"event": "step.begin", "number": 3},
    b"after\x1e5f0",
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_pieces_of_any_size_give_the_same_events_and_output(size: int) -> None:
    assert parts(STREAM[start : start + size] for start in range(0, len(STREAM), size)) == EXPECTED


def test_a_cut_at_any_place_gives_the_same_events_and_output() -> None:
    for place in range(len(STREAM)):
        assert parts([STREAM[:place], STREAM[place:]]) == EXPECTED, place


def test_any_cuts_give_the_same_events_and_output() -> None:
    chance = random.Random(1)  # noqa: S311 it shall be the same each time
    for _ in range(300):
        places = sorted(chance.choices(range(len(STREAM) + 1), k=chance.randint(1, 12)))
        cut = [STREAM[start:end] for start, end in zip([0, *places], [*places, len(STREAM)], strict=True)]
        assert parts(cut) == EXPECTED


def test_an_event_of_somebody_who_does_not_know_the_nonce_is_output() -> None:
    forged = event(1, nonce="guessed")
    assert parts([forged]) == [forged]


def test_an_event_in_the_middle_of_a_line_is_one() -> None:
    assert parts([b"half " + event(1) + b"a line\n"]) == [b"half ", EXPECTED[1], b"a line\n"]


def test_output_does_not_wait_for_an_event_to_come() -> None:
    assert next(iter(split(iter([b"a line without end"]), NONCE))) == b"a line without end"


def test_a_marker_that_no_newline_follows_is_output_in_the_end() -> None:
    assert parts([event(1)[:-1]]) == [event(1)[:-1]]


def test_neither_endless_lines_nor_an_endless_event_are_held_in_memory() -> None:
    piece = bytes(64 * 1024)
    tracemalloc.start()
    passed = sum(len(part) for part in split(([event(1)[:-1], *[piece] * 200]), NONCE) if isinstance(part, bytes))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert passed == 200 * len(piece) + len(event(1)) - 1
    assert peak < 2_000_000
