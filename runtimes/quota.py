"""How much of one log is kept: the head and the tail; a note stands for what lies between."""

from collections import deque

from django.utils.translation import gettext as _

LINES = 200_000
CHARACTERS = 20 * 1024**2


class Quota:
    """Lets the first half through, holds back the last half, and forgets what lies between."""

    def __init__(self, lines: int = LINES, characters: int = CHARACTERS) -> None:
        self._head_lines, self._head_characters = lines // 2, characters // 2
        self._tail_lines, self._tail_characters = lines // 2, characters // 2
        self._tail: deque[str] = deque()
        self._left_out = 0

    def take(self, line: str) -> bool:
        """Whether the line may be stored now; otherwise it waits for `rest`."""
        if self._head_lines > 0 and self._head_characters >= len(line):
            self._head_lines -= 1
            self._head_characters -= len(line)
            return True
        self._head_lines = 0
        self._hold_back(line)
        return False

    def rest(self) -> list[str]:
        """What was held back, behind a note that counts what was left out. Asked at each step's end."""
        note = " !     " + _("%(count)s lines left out here: the log is longer than what is kept.") % {
            "count": self._left_out
        }
        rest = ([note] if self._left_out else []) + list(self._tail)
        self._tail_characters += sum(map(len, self._tail))
        self._tail.clear()
        self._left_out = 0
        return rest

    def _hold_back(self, line: str) -> None:
        self._tail.append(line)
        self._tail_characters -= len(line)
        while len(self._tail) > self._tail_lines or self._tail_characters < 0:
            self._tail_characters += len(self._tail.popleft())
            self._left_out += 1
