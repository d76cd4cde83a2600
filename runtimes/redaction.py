"""Takes secrets out of log lines, by their value."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

# A shorter value is no secret worth the name, and would blot out half the log.
SHORTEST = 6
MASK = "[redacted]"

# Credentials that are recognised by their shape, whoever they belong to.
_SHAPES = re.compile(
    r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|(?<=Bearer )[A-Za-z0-9._~+/-]{16,}=*"
)


class Redactor:
    """Replaces values, and what they look like when they are encoded, by a mask."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def __call__(self, line: str) -> str:
        if self._values:
            line = self._values.sub(MASK, line)
        return _SHAPES.sub(MASK, line)

    def __repr__(self) -> str:
        return "Redactor()"


def _spellings(secret: str) -> set[str]:
    parts = {secret, *(line.strip() for line in secret.splitlines())}
    parts = {part for part in parts if len(part) >= SHORTEST and "\n" not in part}
    encoded = {encode(part) for part in parts for encode in (quote, quote_plus, _base64)}
    return parts | encoded


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")
