"""Takes secrets out of log lines, by their value."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from runtimes.loglines import clean

# A shorter value is no secret worth the name, and would blot out half the log.
SHORTEST = 6
MASK = "[redacted]"

# Credentials that are recognised by their shape, whoever they belong to.
_SHAPES = re.compile(
    r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=://)[^/\s:@]{16,}(?=@)"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|(?<=Bearer )[A-Za-z0-9._~+/-]{16,}=*"
)

# Where people type secrets into a command: behind such names, in headers and in logins. What begins with $ is a name.
_NAME = r"(?<![\w-])[\w-]{0,60}?(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)"
_VALUE = r"""(?P<quote>["'])?(?P<secret>(?(quote)[^"'$][^"']*|[^\s"'&;|$-][^\s"'&;|]*))"""
_SCHEME = r"(?:basic|bearer|token|apikey)\s+"
_TYPED = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_NAME}s?(?:[_-][\w-]*)?={_VALUE}",
        rf"(?<!\S)(?=-){_NAME}\s+{_VALUE}",
        rf"""(?:{_NAME}|(?<![\w-])authorization):\s*(?:{_SCHEME})?(?!{_SCHEME})(?P<secret>[^\s"'$][^\s"']*)""",
        r"""(?<!\S)(?:-u|--user)[\s=]*(?P<quote>["'])?[^\s:"']+:(?P<secret>(?(quote)[^"'$][^"']*|[^\s"'$]+))""",
    )
]

# The length of the lines into which the command base64 cuts what it writes.
_BASE64_LINE = 76


def typed_secrets(command: str) -> list[str]:
    """What somebody typed into a command in the place of a secret."""
    return [match["secret"] for pattern in _TYPED for match in pattern.finditer(command)]


def redact_command(command: str, secrets: Iterable[str] = ()) -> str:
    """The command as people may see it: without these, and without what was typed in the place of one."""
    for pattern in _TYPED:
        command = pattern.sub(_masked, command)
    return Redactor(secrets)(command)


def _masked(match: "re.Match[str]") -> str:
    start, end = (at - match.start() for at in match.span("secret"))
    return match[0][:start] + MASK + match[0][end:]


class Redactor:
    """Replaces values, and what they look like when they are encoded, by a mask."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._spellings = sorted(spellings, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, self._spellings))) if spellings else None

    def __call__(self, line: str) -> str:
        # Looking for each by itself is quicker than the expression, which is needed for few lines.
        if self._values and any(spelling in line for spelling in self._spellings):
            line = self._values.sub(MASK, line)
        return _SHAPES.sub(MASK, line)

    def __repr__(self) -> str:
        return "Redactor()"


def _spellings(secret: str) -> set[str]:
    """How a secret can look in one line: in its own lines, or encoded, line by line or as a whole."""
    parts = {secret, *secret.split("\n")}
    parts |= {part.strip() for part in parts}
    found = {spelling for part in parts if len(part) >= SHORTEST for spelling in (part, *_encoded(part))}
    cleaned = {clean(spelling) for spelling in found}
    return {spelling for spelling in found | cleaned if len(spelling) >= SHORTEST and "\n" not in spelling}


def _encoded(text: str) -> Iterator[str]:
    yield quote(text)
    yield quote(text, safe="")
    yield quote_plus(text)
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    for offset in range(3):
        standard = _base64(text.encode(), offset)
        yield standard
        yield standard.replace("+", "-").replace("/", "_")
    whole = _base64(text.encode(), 0)
    yield from (whole[start : start + _BASE64_LINE] for start in range(0, len(whole), _BASE64_LINE))


def _base64(data: bytes, offset: int) -> str:
    """The digits that stand for `data` alone when it begins at `offset` (modulo 3) of what is encoded."""
    digits = base64.b64encode(bytes(offset) + data).decode()
    return digits[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
