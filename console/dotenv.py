"""Reading what people paste from a `.env` file, and writing one; pure. Values come out byte-exact.

The form is that of the dotenv files that Docker Compose and the twelve-factor libraries share: `KEY=value`,
`export` before it is ignored, `#` begins a comment at the start of a line or after a space, single quotes
keep everything, double quotes know `\\n`, `\\t`, `\\"`, `\\\\`; both may span lines. `$` is a dollar sign.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

_ENTRY = re.compile(
    r"""
    [ \t]* (?:export[ \t]+)? (?P<key>[^\s=#'"]+) [ \t]* =
    (?: [ \t]* (?: '(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" ) [ \t]* (?:(?<=\s)\#[^\r\n]*)?
      | (?P<bare>(?![ \t]*['"])[^\r\n]*) )  # to the end of the line, or it would be tried at each of its spaces
    (?:\r?\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_COMMENT = re.compile(r"\s#")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_WRITTEN = str.maketrans({value: f"\\{key}" for key, value in _ESCAPES.items()})
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?-]*")


class Unreadable(ValueError):
    """A line that is no entry; `line` is its number from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(_("Line %(line)s is not KEY=VALUE.") % {"line": line})
        self.line = line


def parse(text: str) -> dict[str, str]:
    """The entries of a `.env` file, later ones over earlier ones; raises `Unreadable`."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        if blank := _BLANK.match(text, place):
            place = blank.end()
        elif entry := _ENTRY.match(text, place):
            found[entry["key"]] = _value(entry)
            place = entry.end()
        else:
            raise Unreadable(text.count("\n", 0, place) + 1)
    return found


def write(values: Mapping[str, str]) -> str:
    """A `.env` file with these entries, by name; `parse` reads the very same out of it."""
    return "".join(f"{key}={quoted(value)}\n" for key, value in sorted(values.items()))


def quoted(value: str) -> str:
    """A value as it has to be written to be read back: bare if nothing is in it that other readers could take amiss."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\r" in value:
        return f'"{value.translate(_WRITTEN)}"'
    return f"'{value}'"


def _value(entry: re.Match[str]) -> str:
    if entry["single"] is not None:
        return entry["single"]
    if entry["double"] is not None:
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), entry["double"], flags=re.DOTALL)
    return _COMMENT.split(entry["bare"], maxsplit=1)[0].lstrip(" \t").rstrip()
