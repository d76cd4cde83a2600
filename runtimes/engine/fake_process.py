"""One running command on the fake engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from runtimes.engine.fake_files import Tree

NOT_FOUND = 127


class Host(Protocol):
    """What a process needs of the container it runs in."""

    @property
    def address(self) -> str:
        """Where it listens."""
        ...

    def rest(self, seconds: float) -> None:
        """Sleep; a signal that ends the process ends it here."""
        ...

    def ignore_sigterm(self) -> None:
        """Let SIGTERM pass from now on."""
        ...

    def run_out_of_memory(self) -> None:
        """Note that the kernel took something of this container's for want of memory."""
        ...


@dataclass(frozen=True)
class Process:
    """A command with what is around it; `say` takes the stream (1 output, 2 errors) and bytes."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    files: Tree = field(repr=False)
    host: Host = field(repr=False)
    say: Callable[[int, bytes], None] = field(repr=False)
    programs: Mapping[str, "Program"] = field(repr=False)

    def write(self, data: bytes) -> None:
        """Write to standard output."""
        self.say(1, data)

    def complain(self, sentence: str) -> None:
        """Write a line to standard error."""
        self.say(2, sentence.encode() + b"\n")

    def sleep(self, seconds: float) -> None:
        """Sleep; does not return if the process is ended meanwhile."""
        self.host.rest(seconds)

    def run(self, *argv: str) -> int:
        """Run another command here and return its exit status."""
        program = self.programs.get(argv[0])
        if program is None:
            self.complain(f"{argv[0]}: command not found")
            return NOT_FOUND
        return program(replace(self, argv=argv))


Program = Callable[[Process], int]
