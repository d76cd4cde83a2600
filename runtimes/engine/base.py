"""What Slipway asks of whatever runs containers: our words in, our words out.

The intended order for an app:

    ensure_network → job (fetch, build) → restore → apply → observe → apply(quantity 0) → forget

Every method may raise `EngineError`; none lets an exception of the Docker SDK out. Everything an
engine makes carries its namespace in the name and in the label `slipway.installation`, and it
only ever removes what carries that label.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

Labels = Mapping[str, str]


def gettext_noop(words: str) -> str:
    """Mark words for translators, who look for this name: the engine itself knows one language."""
    return words


class EngineError(Exception):
    """The platform's fault: the daemon is away, an image is missing, the disk is full.

    It reads as `words` with the `facts` in their places, in the language into which `translate` puts them.
    """

    translate: ClassVar[Callable[[str], str]] = str

    def __init__(self, words: str, **facts: object) -> None:
        super().__init__(words)
        self.words, self.facts = words, facts

    def __str__(self) -> str:
        words = EngineError.translate(self.words)
        return (words % self.facts if self.facts else words).strip()


class EngineUnreachable(EngineError):
    """Nobody answers at the engine's address."""


class NotStarted(EngineError):
    """What a container is to run cannot be: it is not in the image, or nothing says what it is."""


Reason = Literal["no-such-image", "registry-login", "registry-unreachable", "wrong-platform"]


class NotPulled(EngineError):
    """An image cannot be had: `reason` says why for machines, the words for people."""

    def __init__(self, reason: Reason, words: str, **facts: object) -> None:
        super().__init__(words, **facts)
        self.reason: Reason = reason


@dataclass(frozen=True)
class Limits:
    """What a container may use: memory in MB, CPUs as a fraction of one, processes as a count."""

    memory: int = 512
    cpus: float = 1.0
    pids: int = 256


@dataclass(frozen=True)
class JobSpec:
    """A container that runs to its end: a fetch, a build, a release command, a one-off.

    `command` is the whole argv: an entrypoint of the image is left out. `network` is a name given
    to `ensure_network`; without one the job has none. `volumes` maps volume names (without the
    namespace) to paths; a missing volume is made. Those named in `read_only` take nothing from the
    job, nor from uploads. A `foreign` image gets what an ordinary one needs to start as root;
    with an empty `user` and `workdir` it keeps its own.
    `env` may hold secrets and stays out of the representation.
    """

    name: str
    image: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Labels = field(default_factory=dict)
    network: str = ""
    limits: Limits = Limits()
    volumes: Mapping[str, str] = field(default_factory=dict)
    read_only: frozenset[str] = frozenset()
    user: str = "1000:1000"
    workdir: str = ""
    foreign: bool = False


@dataclass(frozen=True)
class Upload:
    """A plain tar stream that is unpacked at `path` before the start.

    A missing `path` is made and belongs to the job's user; its missing parents belong to root.
    Owners and modes of what is in the tar are the tar's, except for its own top (`./`).
    """

    path: str
    tar: Iterable[bytes] = field(repr=False)


@dataclass(frozen=True)
class Exit:
    """How a job ended: its exit status and whether the kernel took it for want of memory."""

    code: int
    oom: bool = False


class Terminal(Protocol):
    """A command at a terminal of its own in a running container. One may read while another writes."""

    def read(self) -> bytes:
        """What it has written since, cut anywhere; waits for it. Nothing means that it has ended."""
        ...

    def write(self, data: bytes) -> None:
        """Type this; waits while nobody takes it. Harmless when the command has ended."""
        ...

    def resize(self, rows: int, columns: int) -> None:
        """Tell it how large it is now; harmless when the command has ended."""
        ...

    def close(self) -> None:
        """Hang up: the command and everything it started end, and whoever reads or writes is let go."""
        ...

    def wait(self) -> int:
        """The exit status, once there is nothing more to read."""
        ...


class Script(Protocol):
    """A shell script kept ready in a running container. It may be run from several threads, once at a time."""

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run it with these arguments, none of which has a line end; return its exit status and its output.

        Raises `EngineUnreachable` if it cannot be told how it ended: it may have run then, or not.
        """
        ...

    def close(self) -> None:
        """Keep it no longer."""
        ...


class Job(Protocol):
    """A running job. Drain `output` before you `wait`."""

    ref: str

    def output(self) -> Iterator[bytes]:
        """Standard output and error as they come, cut anywhere; ends with the job.

        Each of the two is in order. Containers have a pipe for each, so a job that wants one order
        for both writes both to one (`2>&1`).
        """
        ...

    def wait(self) -> Exit:
        """Wait for the end."""
        ...

    def read(self, path: str) -> Iterator[bytes]:
        """The file or directory at `path`, also after the end, as a plain tar stream.

        One that is read in part only is let go when the job's context is left.
        """
        ...

    def kill(self) -> None:
        """End it now; harmless when it has ended. May be called from another thread."""
        ...


@dataclass(frozen=True)
class Formation:
    """All instances of one process type of one release.

    `image` is what `restore` or `keep` gave, or any image. `command` is one line for the run image's entry,
    run as user 1000 without any capability (`entrypoint` false: one line for the image's own /bin/sh, and an empty one
    means its own entrypoint; it runs as its own user, with what an ordinary image needs to start as root).
    `indexes` are the instance numbers that shall exist: 1…n. `network` is as in `JobSpec`. `env`
    gets `DYNO` and, where `port` is set, `PORT`. `grace` is the time in seconds between SIGTERM and
    SIGKILL. Instances at the indexes in `resting` stay as they are if they have ended: they crashed
    and wait for their time.
    """

    name: str
    process: str
    image: str
    command: str
    indexes: tuple[int, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Labels = field(default_factory=dict)
    network: str = ""
    limits: Limits = Limits()
    port: int | None = None
    grace: int = 30
    stop_signal: str = "SIGTERM"
    entrypoint: bool = True
    resting: frozenset[int] = frozenset()


State = Literal["starting", "up", "exited"]


@dataclass(frozen=True)
class Observed:
    """One container that exists, as the engine sees it.

    `ref` names it to the engine. `address` is an IP address on its network, empty unless it is up.
    """

    ref: str
    name: str
    labels: Labels
    state: State
    index: int
    address: str = ""
    exit_code: int | None = None
    oom: bool = False
    started_at: datetime | None = None
    node: str = ""


def in_order(one: Observed) -> tuple[str, int]:
    """Sort containers by name, and instances of one name by their number: web.2 before web.10."""
    return one.name.rpartition(".")[0], one.index


@dataclass(frozen=True)
class Login:
    """Whom a registry lets in: a user, and a password or token."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """An image of others that is kept here, under the name `image`, and what it says of itself.

    `digest` is its registry's, or its own id where it came from none. `size` is in bytes, `port` the one TCP port it
    says it listens on, `has_shell` whether it can run a line by /bin/sh.
    """

    image: str
    digest: str
    platform: str
    size: int
    port: int | None
    has_shell: bool


@dataclass(frozen=True)
class Stats:
    """What a container uses now: memory in bytes, CPU seconds since its start."""

    memory: int
    cpu_seconds: float


class Engine(Protocol):
    """One place that runs containers."""

    namespace: str

    def ping(self) -> None:
        """Return if the engine answers; raise `EngineUnreachable` if not."""
        ...

    def ensure_network(self, name: str, *, isolated: bool = False) -> None:
        """Make the network `<namespace>-<name>` unless it exists.

        In an `isolated` one containers reach the world but not each other.
        """
        ...

    def job(self, spec: JobSpec, uploads: Iterable[Upload] = ()) -> AbstractContextManager[Job]:
        """Start a job with `uploads` in it; leaving the context removes its container, always."""
        ...

    def restore(self, key: str, base: str, tar: Iterable[bytes]) -> str:
        """Make an image of `base` with the plain tar stream unpacked at /app; return its name.

        Cheap when it exists: then `tar` is not read. `key` names it (a slug's sha256).
        """
        ...

    def restored(self, key: str) -> str | None:
        """The image that `restore` made for `key`, or None."""
        ...

    def forget(self, key: str) -> None:
        """Remove the image that `restore` made for `key`; harmless when there is none."""
        ...

    def apply(self, formation: Formation) -> list[Observed]:
        """Make exactly the instances of `indexes` exist, started; return those that had to be, as they are then.

        Idempotent: what exists is not touched, except that an ended one is started again unless it
        is `resting`. Instances of the same formation name with another index are stopped, within
        their grace, and removed; with no `indexes` all are. Starts and stops happen in parallel; if
        one fails the others are still done, then the first failure is raised: `NotStarted` where the image is at fault.
        """
        ...

    def stop(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        """Stop and remove these containers, in parallel; harmless for those that are gone."""
        ...

    def halt(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        """Stop these containers, in parallel, and keep them, so that their logs can be read to the end.

        Harmless for those that have ended or are gone.
        """
        ...

    def observe(self, labels: Labels | None = None) -> list[Observed]:
        """What exists of this installation with all of these labels, jobs included.

        The label `slipway.kind` tells `instance`, `job` and `restore` (the short-lived container in
        which an image is made) apart; what others made for this installation has none. Of all but
        instances it may not be told when they started and how they ended.
        """
        ...

    def lines(self, ref: str, since: datetime | None = None, follow: bool = False) -> Iterator[tuple[datetime, bytes]]:
        """A container's log: a time and a line without its line end, in order.

        Bytes that are no UTF-8 may come as the replacement character: Docker keeps logs as JSON.

        From `since` on, that moment included. With `follow` it ends when the container ends, perhaps
        a moment before `observe` says so.
        """
        ...

    def tail(self, ref: str, count: int = 20) -> list[str]:
        """The last `count` lines of a container's log, decoded."""
        ...

    def put(self, ref: str, path: str, tar: Iterable[bytes]) -> None:
        """Unpack a plain tar stream at `path` in a container that exists."""
        ...

    def exec(self, ref: str, command: tuple[str, ...]) -> tuple[int, str]:
        """Run a command in a running container; return its exit status and its output, the end of it if it is long.

        A command that does not exist ends with 126 or 127.
        """
        ...

    def script(self, ref: str, script: str) -> Script:
        """Keep a script for /bin/sh ready in a running container, which is a tenth of a second faster than `exec`."""
        ...

    def terminal(
        self, ref: str, name: str, command: tuple[str, ...], env: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Terminal]:
        """Run a command at a terminal in a running container, with more in its environment; leaving hangs up.

        A command that does not exist ends with 126 or 127.
        """
        ...

    def hang_up(self, ref: str, name: str) -> None:
        """End what runs at the terminal of that name, whoever opened it; harmless when nothing does."""
        ...

    def stats(self, ref: str) -> Stats:
        """What a running container uses now; nothing once it has ended."""
        ...

    def image_exists(self, image: str) -> bool:
        """Whether the image is here, without asking a registry."""
        ...

    def pull(self, image: str) -> None:
        """Have the image here: its registry is asked if it is not. Raises with the registry's reason."""
        ...

    def keep(
        self,
        image: str,
        login: Login | None = None,
        *,
        fresh: bool = False,
        say: Callable[[str], object] | None = None,
    ) -> Kept:
        """Have an image of others here, under a name of our own that no moved tag and no clean-up takes away.

        `image` has a tag, a digest or neither. Its registry is asked if it is not here, or where `fresh` says so: what
        is here already does not come a second time. What comes is told to `say`, a line each; what that raises breaks
        it off. Raises `NotPulled`.
        """
        ...

    def kept(self, digest: str) -> str | None:
        """The name under which an image with this digest is kept here, or None."""
        ...

    def let_go(self, digest: str) -> None:
        """Keep the image no longer; what others have of it stays. Harmless when there is none, or it is in use."""
        ...

    def derive(self, name: str, base: str, tar: Iterable[bytes]) -> str:
        """Make the image `<namespace>/<name>` of `base` with the plain tar stream unpacked at `/`; return its name.

        `name` has a tag (`stack:build`). An earlier image of the name makes way for it.
        """
        ...

    def derived(self) -> list[str]:
        """The names that `derive` has given to images that are here."""
        ...

    def remove_image(self, name: str) -> None:
        """Remove the image `<namespace>/<name>`; harmless when there is none. Raises while containers use it."""
        ...

    def remove_volume(self, name: str) -> None:
        """Remove the volume `<namespace>-<name>`; harmless when there is none."""
        ...
