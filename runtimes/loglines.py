"""From the bytes a container prints to lines that can be stored: pure, no rows."""

import codecs
import re

from django.utils.translation import gettext as _

# A longer line is cut: browsers choke on it and nobody reads it.
LONGEST = 8_000

# C0 and C1 controls but tab and escape (colours stay), and the operating system commands a terminal obeys.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_TERMINAL_COMMANDS = re.compile(r"\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)")


class LineSplitter:
    """Cuts a byte stream into whole lines, wherever the stream itself was cut.

    A line counts at its newline; of a progress bar that overwrites itself with carriage returns
    the last state stays. Of an endless line no more than twice the longest is held.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = ""

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *whole, rest = (self._open + self._decoder.decode(data)).split("\n")
        self._open = _bounded(rest)
        return [clean(line) for line in whole]

    def close(self) -> list[str]:
        """What was printed after the last newline, if anything."""
        rest = self._open + self._decoder.decode(b"", final=True)
        self._open = ""
        return [clean(rest)] if rest else []


def _bounded(rest: str) -> str:
    """An unfinished line without what has been overwritten and without what will be cut.

    A carriage return at its end stays: what comes next will overwrite the line.
    """
    shown = rest.rstrip("\r")
    last = shown.rpartition("\r")[2][: 2 * LONGEST]
    return last if shown == rest else f"{last}\r"


def clean(line: str) -> str:
    """A line without overwritten text, control characters and what only a terminal obeys."""
    parts = [part for part in line.split("\r") if part]
    return _CONTROLS.sub("", _TERMINAL_COMMANDS.sub("", parts[-1] if parts else ""))


def shorten(line: str, *, unended: bool = False) -> str:
    """A line of at most `LONGEST` characters. Redact before, so that no half of a secret stays.

    Of an `unended` line the splitter did not keep all, so its last part may be half of a secret.
    """
    if len(line) <= LONGEST and not unended:
        return line
    kept = line[:-LONGEST] if unended else line
    return f"{kept[:LONGEST]} … {_('(the rest of this line was cut)')}"
