"""A pretended terminal: what is typed is echoed, and a shell of a few words answers."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from runtimes.engine.fake_container import Container, Ended
from runtimes.engine.fake_process import Process
from runtimes.engine.fake_shell import run_line

KILLED, INTERRUPTED = 137, 130
LOOK_SECONDS = 0.01
CTRL_C, CTRL_D = b"\x03", b"\x04"


class _Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


class _HungUp(BaseException):
    """Nobody is there any more. No program may catch it."""


class FakeTerminal:
    """A command in a thread of its own, and what it says."""

    def __init__(self, container: Container, command: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.size = (24, 80)
        self._container = container
        self._changed = threading.Condition()
        self._said, self._typed = bytearray(), bytearray()
        self._interrupted = self._closed = self._over = False
        self._code = KILLED
        process = container.process()
        programs = {**process.programs, "sh": self._shell, "bash": self._shell, "stty": self._stty}
        self._programs = process.programs
        self._process = replace(
            process, argv=command, env={**process.env, **env}, host=self, say=self._say, programs=programs
        )
        threading.Thread(target=self._live, daemon=True).start()

    def read(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._said or self._over)
            said, self._said = bytes(self._said), bytearray()
            return said

    def write(self, data: bytes) -> None:
        with self._changed:
            self._interrupted = self._interrupted or CTRL_C in data
            self._typed += data.rpartition(CTRL_C)[2].replace(b"\r", b"\n")
            self._said += data.replace(CTRL_C, b"^C\n").replace(CTRL_D, b"").replace(b"\n", b"\r\n")
            self._changed.notify_all()

    def resize(self, rows: int, columns: int) -> None:
        self.size = (rows, columns)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._over)

    def wait(self) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._over)
            return self._code

    @property
    def address(self) -> str:
        return self._container.address

    def rest(self, seconds: float) -> None:
        """Sleep, unless somebody hangs up, interrupts, or ends the container."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._container.rest(min(left, LOOK_SECONDS))
            self._look()

    def ignore_sigterm(self) -> None:
        self._container.ignore_sigterm()

    def run_out_of_memory(self) -> None:
        self._container.run_out_of_memory()

    def _look(self) -> None:
        if self._closed:
            raise _HungUp
        if self._interrupted:
            self._interrupted = False
            raise _Interrupted

    def _live(self) -> None:
        try:
            self._code = self._process.run(*self._process.argv)
        except _Interrupted:
            self._code = INTERRUPTED
        except (Ended, _HungUp):
            self._code = KILLED
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _say(self, _: int, data: bytes) -> None:
        with self._changed:
            self._said += data.replace(b"\n", b"\r\n")
            self._changed.notify_all()

    def _stty(self, process: Process) -> int:
        process.write("{} {}\n".format(*self.size).encode())
        return 0

    def _shell(self, process: Process) -> int:
        """Run one line, or one typed line after the other until `exit` or Ctrl-D."""
        if process.argv[1:]:
            return self._programs[process.argv[0]](process)
        status = 0
        while (line := self._line()) is not None:
            if line.split()[:1] == ["exit"]:
                return int([*line.split(), str(status)][1])
            try:
                status = run_line(process, line)
            except _Interrupted:
                status = INTERRUPTED
        return status

    def _line(self) -> str | None:
        """Wait for a line; None when there is no further one."""
        while True:
            self._container.rest(0)
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._interrupted or self._typed, LOOK_SECONDS)
                if self._closed:
                    raise _HungUp
                self._interrupted = False
                if self._typed.startswith(CTRL_D):
                    return None
                line, found, rest = bytes(self._typed).partition(b"\n")
                if found:
                    self._typed = bytearray(rest)
                    return line.decode(errors="replace")
            time.sleep(0)
