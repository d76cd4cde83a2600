"""The fake's shell: one line of a few words, or a clear refusal."""

import re
from collections.abc import Iterator
from dataclasses import replace

from runtimes.engine.fake_process import Process

WORD = re.compile(
    r"""[ \t]*(?:(?P<mark>2>&1|>&2|;|>|\n)|(?P<word>'[^']*'|"[^"]*"|[\w$?/.,:=@%+{}-]+)|(?P<unknown>\S))"""
)
REFUSED = 2


class _Exit(Exception):
    """The line ends here."""


class _Unknown(Exception):
    """The line says what the fake does not understand."""


def run_line(process: Process, line: str) -> int:
    """Run a line and return its exit status; see `fake_words` for what it may say."""
    shell = _Shell(process)
    try:
        for statement in _statements(line):
            shell.do([shell.expanded(word) for word in statement])
    except _Exit:
        return shell.status
    except _Unknown as unknown:
        process.complain(f"sh: the fake engine does not know {unknown}")
        return REFUSED
    return shell.status


class _Shell:
    """A line that is being run."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.status = 0

    def do(self, words: list[str]) -> None:
        """Run one statement."""
        match words:
            case ["exit", status]:
                self.status = int(status)
                raise _Exit
            case ["exec", "2>&1"]:
                say = self.process.say
                self.process = replace(self.process, say=lambda _, data: say(1, data))
            case ["exec", *command]:
                self.status = self.process.run(*command)
                raise _Exit
            case ["trap", "", "TERM"]:
                self.process.host.ignore_sigterm()
            case [*command, ">&2"]:
                self.status = replace(self.process, say=lambda _, data: self.process.say(2, data)).run(*command)
            case [*command, ">", path]:
                self.status = self._into(path, command)
            case _:
                self.status = self.process.run(*words)

    def expanded(self, word: str) -> str:
        """Return a word without its quotes and with what its variables stand for."""
        if word.startswith("'"):
            return word[1:-1]
        known = {**self.process.env, "?": str(self.status)}
        return re.sub(r"\$(?:\{(\w+)\}|(\w+|\?))", lambda found: known.get(found[1] or found[2], ""), word.strip('"'))

    def _into(self, path: str, command: list[str]) -> int:
        kept: list[bytes] = []
        elsewhere = replace(
            self.process, say=lambda kind, data: kept.append(data) if kind == 1 else self.process.say(kind, data)
        )
        status = elsewhere.run(*command)
        try:
            self.process.files.write(path, b"".join(kept))
        except OSError as error:
            self.process.complain(f"sh: {path}: {error.strerror}")
            return REFUSED
        return status


def _statements(line: str) -> Iterator[list[str]]:
    """Yield the words of each statement."""
    words: list[str] = []
    for found in WORD.finditer(line.rstrip()):
        if found["unknown"]:
            raise _Unknown(found["unknown"])
        if found["mark"] in (";", "\n"):
            if words:
                yield words
            words = []
        else:
            words.append(found["word"] or found["mark"])
    if words:
        yield words
