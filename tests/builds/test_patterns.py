"""Patterns that admins write: those that could take their time are refused, the others find their line."""

import time

import pytest

from builds.patterns import LONGEST, BadPattern, Numbered, compiled, first


def lines(*texts: str) -> list[Numbered]:
    return [Numbered(number, text) for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+boom",
        "(a|a)*boom",
        "(?:x*)*boom",
        "boom.*a.*b.*c",
        "boom" + "a?" * 30 + "a" * 30,
        "boom" + "(ab|a|b)" * 20,
        r"(boom)\1",
        "(?=boom)x",
        "(?<!a)boom",
        "boom(ab){2,}",
        "[",
        "*",
        "(" * 500 + ")" * 500,
        "boom{99999999999}",
    ],
)
def test_a_pattern_that_is_none_or_could_take_its_time_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["", ".*", "ab", "[a-z]+", "boom|.*", "boom|no", "(boom)?x"])
def test_a_pattern_must_have_letters_to_look_for_first(pattern: str) -> None:
    with pytest.raises(BadPattern, match="three letters"):
        compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("no space left", "OSError: No space left on device"),
        ("npm (ERR!|error) code E404", "npm error code E404"),
        ("Requested runtime .* is not available", "Requested runtime (python-2.7) is not available for this stack"),
        ("getting https?://", "403 while getting http://index/x"),
        ("^exit code: 137$", "exit code: 137"),
        ("gdal-config|sqlite3\\.h", "fatal error: sqlite3.h: no such file"),
        ("boom(bang)?", "BOOM"),
        ("No module named \\S+", "No module named 'x'"),
    ],
)
def test_a_pattern_finds_its_line_whatever_its_case(pattern: str, line: str) -> None:
    assert first([pattern], lines("something else", line)) == (pattern, (2, line))
    assert first([pattern], lines("something else")) is None


def test_the_first_pattern_wins_and_an_earlier_part_before_it() -> None:
    both = lines("one bird", "two birds")
    assert first(["two birds", "one bird"], both) == ("two birds", (2, "two birds"))
    assert first(["two birds", "one bird"], lines("one bird"), both) == ("one bird", (1, "one bird"))


def test_what_stands_far_out_in_a_line_is_not_looked_at() -> None:
    assert first(["boom"], lines("x" * LONGEST + "boom")) is None


@pytest.mark.thorough
@pytest.mark.parametrize("text", ["a" * 5_000, "boom" * 1_000, "booma" * 1_000, " " * 5_000])
def test_no_log_makes_an_admitted_pattern_take_its_time(text: str) -> None:
    patterns = ["boom.*a.*zz", "boom[ab]*a[ab]*zz", "o.*o.*boomx", "[^x]*[^y]*boom!"]
    begun = time.process_time()
    assert first(patterns, lines(*[text] * 1_000)) is None
    assert time.process_time() - begun < 10  # what is not admitted takes for ever
