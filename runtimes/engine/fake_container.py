"""A pretended container: a thread that runs a command, with files, a log and an end."""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from runtimes.engine.base import Labels, Observed, State
from runtimes.engine.docker_kwargs import INDEX
from runtimes.engine.fake_files import Tree
from runtimes.engine.fake_process import Process, Program

SIGTERM_STATUS, SIGKILL_STATUS = 143, 137


class Ended(BaseException):
    """A signal ended the process. No program may catch it, as none can catch the signal."""


@dataclass(frozen=True)
class Plan:
    """What a container is made of."""

    name: str
    image: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    labels: Labels
    files: Tree = field(repr=False)
    address: str = ""
    init: bool = True


@dataclass(frozen=True)
class Entry:
    """A piece of output."""

    when: datetime
    kind: int
    data: bytes


class Container:
    """It lives as a real one does: starting, up, exited, and perhaps up again."""

    def __init__(self, ref: str, plan: Plan, programs: Mapping[str, Program]) -> None:
        self.ref, self.plan = ref, plan
        self.address = plan.address
        self.state: State = "starting"
        self.code: int | None = None
        self.started_at: datetime | None = None
        self._programs = programs
        self._changed = threading.Condition()
        self._log: list[Entry] = []
        self._signal = 0
        self._deaf = self._hungry = False

    def start(self) -> None:
        """Run its command in a thread of its own; harmless if it runs."""
        with self._changed:
            if self.state == "up":
                return
            self.state, self.code, self.started_at = "up", None, datetime.now(UTC)
            self._signal, self._deaf, self._hungry = 0, False, False
        threading.Thread(target=self._live, name=self.plan.name, daemon=True).start()

    def run(self, argv: tuple[str, ...]) -> tuple[int, str]:
        """Run another command beside it; return its exit status and its output."""
        said: list[bytes] = []
        process = replace(self.process(), argv=argv, say=lambda _, data: said.append(data))
        return process.run(*argv), b"".join(said).decode(errors="replace")

    def process(self) -> Process:
        """Return what runs in it; a second one beside the first is made of it."""
        return Process(self.plan.argv, self.plan.env, self.plan.files, self, self._say, self._programs)

    def knows(self, word: str) -> bool:
        return word in self._programs

    def signal(self, name: str) -> None:
        """Send a signal: SIGKILL always ends it, every other one unless it lets SIGTERM pass."""
        with self._changed:
            if name == "SIGKILL":
                self._signal = SIGKILL_STATUS
            elif not self._deaf:
                self._signal = self._signal or SIGTERM_STATUS
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; say whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: self.state == "exited", seconds)

    def output(self, *, follow: bool) -> Iterator[Entry]:
        """Yield what it wrote, from its beginning; with `follow` until it ends."""
        seen = 0
        while news := self._news(seen, follow=follow):
            yield from news
            seen += len(news)
            if not follow:
                return

    @property
    def out_of_memory(self) -> bool:
        return self._hungry and self.code != 0

    def observed(self) -> Observed:
        """Return what the engine reports of it."""
        with self._changed:
            ended = self.state == "exited"
            return Observed(
                ref=self.ref,
                name=self.plan.name,
                labels=dict(self.plan.labels),
                state=self.state,
                index=int(self.plan.labels.get(INDEX, 0)),
                address=self.address if self.state == "up" else "",
                exit_code=self.code if ended else None,
                oom=ended and self.out_of_memory,
                started_at=self.started_at,
            )

    def _news(self, seen: int, *, follow: bool) -> list[Entry]:
        """Return what came after the first `seen` entries; with `follow` wait for it or for the end."""
        with self._changed:
            self._changed.wait_for(lambda: not follow or len(self._log) > seen or self.state == "exited")
            return self._log[seen:]

    def rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._signal, seconds)
            if self._signal:
                raise Ended

    def ignore_sigterm(self) -> None:
        self._deaf = True

    def run_out_of_memory(self) -> None:
        self._hungry = True

    def _live(self) -> None:
        code = SIGKILL_STATUS
        try:
            code = self.process().run(*self.plan.argv)
        except Ended:
            code = self._signal
        finally:  # also when a test's own program is at fault: nobody shall wait for it for ever
            with self._changed:
                self.state, self.code = "exited", code
                self._changed.notify_all()

    def _say(self, kind: int, data: bytes) -> None:
        with self._changed:
            if self._signal:
                raise Ended
            self._log.append(Entry(self._now(), kind, data))
            self._changed.notify_all()

    def _now(self) -> datetime:
        """Return the time, later than that of the last entry."""
        while self._log and datetime.now(UTC) <= self._log[-1].when:
            time.sleep(0)
        return datetime.now(UTC)
