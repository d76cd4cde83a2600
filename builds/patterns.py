"""Patterns that people write and logs are searched for: what is admitted can be searched in no time, in any line.

A line is cut at `LONGEST` characters. A pattern is admitted if it has a few letters in a row that a line must have,
which are looked for first, and if there are at most `MOST_WAYS` ways in which it could lie in a line.
"""

import re
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

LONGEST = 500
MOST_WAYS = 300_000
SHORTEST_NEEDLE = 3
SECONDS = 0.25

_ONE_CHARACTER = frozenset({op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.AT})
_REPEATS = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT})


class BadPattern(ValueError):
    """A pattern that is none, or that could take its time; the message is for the one who wrote it."""


class Pattern(NamedTuple):
    """A pattern to search with, and what a line must have, in lower case, for the search to be worth it."""

    regex: re.Pattern[str]
    needles: tuple[str, ...]


class Numbered(NamedTuple):
    """A line as it is searched."""

    number: int
    text: str


@lru_cache(512)
def compiled(pattern: str) -> Pattern:
    """The pattern, ignoring case; raises `BadPattern` for one that is not admitted."""
    try:
        parsed = _parser.parse(pattern, re.IGNORECASE)
        regex = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(_("This is no regular expression: %(why)s.") % {"why": error}) from None
    if _ways(parsed) > MOST_WAYS:
        raise BadPattern(_("Too many parts of it can stretch. Use at most two such as .* in one pattern."))
    if not (needles := _needles(parsed)):
        raise BadPattern(_("Give at least three letters in a row that the line must have, in every alternative."))
    return Pattern(regex, needles)


def first(patterns: Iterable[str], *parts: Sequence[Numbered]) -> tuple[str, Numbered] | None:
    """The first pattern that is found, and the line, looked for in one part after the other; None after `SECONDS`."""
    deadline = time.monotonic() + SECONDS
    known = [(pattern, compiled(pattern)) for pattern in patterns]
    for part in parts:
        lowered = [(line, line.text[:LONGEST].lower()) for line in part]
        whole = "\n".join(text for _, text in lowered)
        for pattern, (regex, needles) in known:
            wanted = [needle for needle in needles if needle in whole]
            for line, text in lowered if wanted else ():
                if time.monotonic() > deadline:
                    return None
                if any(needle in text for needle in wanted) and regex.search(line.text[:LONGEST]):
                    return pattern, line
    return None


def _ways(parsed: Any) -> int:
    """How many ways there are at most to lay the pattern into a line from one place on."""
    return prod(_ways_of(code, argument) for code, argument in parsed)


def _ways_of(code: Any, argument: Any) -> int:
    if code in _ONE_CHARACTER:
        return 1
    if code is op.SUBPATTERN:
        return _ways(argument[-1])
    if code is op.BRANCH:
        return sum(map(_ways, argument[1]))
    if code not in _REPEATS:
        raise BadPattern(_("References back and looks ahead or behind are not taken."))
    least, most, repeated = argument
    if len(repeated) == 1 and repeated[0][0] in _ONE_CHARACTER:
        return int(min(most, LONGEST)) - int(min(least, LONGEST)) + 1
    if most > 1:
        raise BadPattern(_("Repeat single characters only, such as [a-z]+, and no groups."))
    return 1 + _ways(repeated)


def _needles(parsed: Any) -> tuple[str, ...]:
    """Texts of which a line must have one; the longest ones that the pattern allows, empty if there are none."""
    found: list[tuple[str, ...]] = []
    run = ""
    for code, argument in [*parsed, (None, None)]:
        if code is op.LITERAL:
            run += chr(argument).lower()
            continue
        found.append((run,))
        run = ""
        if code is op.SUBPATTERN:
            found.append(_needles(argument[-1]))
        elif code is op.BRANCH:
            each = [_needles(branch) for branch in argument[1]]
            found.append(tuple(needle for one in each for needle in one) if all(each) else ())
    usable = [one for one in found if one and min(map(len, one)) >= SHORTEST_NEEDLE]
    return max(usable, key=lambda one: min(map(len, one)), default=())
