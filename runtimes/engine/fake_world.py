"""What a pretended daemon holds: images, containers, networks, volumes. Several installations may share it."""

import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runtimes.engine.base import EngineError, EngineUnreachable, Labels, NotStarted
from runtimes.engine.docker_kwargs import INSTALLATION
from runtimes.engine.fake_container import Container, Plan
from runtimes.engine.fake_files import ROOT, Files
from runtimes.engine.fake_process import Program
from runtimes.engine.fake_registry import Offered, Registry
from runtimes.engine.fake_terminal import FakeTerminal
from runtimes.engine.fake_words import words

STACK_IMAGES = tuple(f"slipway/debian-{release}:{kind}" for release in (12, 13) for kind in ("build", "run"))

# One count for all worlds: addresses are real ones, and a server of another world may not have let go of its own yet.
NUMBERS = itertools.count(1)


@dataclass
class World:
    """Steer it by its parts: set `away`, add to `images`, `registry` and `programs`, or take a container out.

    `offered` is what others have, `kept` says by name what is known of what is here of that, and `derived` names those
    that an installation made of others.
    """

    images: dict[str, Files] = field(default_factory=lambda: {name: stack_files() for name in STACK_IMAGES})
    registry: dict[str, Files] = field(default_factory=dict)
    offered: Registry = field(default_factory=Registry)
    kept: dict[str, Offered] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    containers: dict[str, Container] = field(default_factory=dict)
    networks: set[str] = field(default_factory=set)
    volumes: dict[str, Files] = field(default_factory=dict)
    terminals: dict[tuple[str, str], FakeTerminal] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=words)
    away: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _numbers: Iterator[int] = field(default=NUMBERS, repr=False)

    def answer(self) -> None:
        """Raise if nobody is there."""
        if self.away:
            raise EngineUnreachable("The fake engine does not answer.")

    def create(self, plan: Plan) -> Container:
        """Make a container; its name must be free."""
        with self.lock:
            if any(one.plan.name == plan.name for one in self.containers.values()):
                raise EngineError(f"The name {plan.name} is in use.")
            container = Container(f"{next(self._numbers):064x}", plan, self.programs)
            self.containers[container.ref] = container
            return container

    def start(self, container: Container) -> None:
        """Start a container.

        Where its command is no program, one with an init ends with status 127 and one without
        cannot start: it is removed.
        """
        if not (container.plan.init or container.knows(container.plan.argv[0])):
            self.remove(container.ref)
            raise NotStarted(f"{container.plan.argv[0]}: executable file not found.")
        container.start()

    def address(self, network: str) -> str:
        """Return a loopback address nobody has, in another process neither; raise if there is no such network."""
        if network not in self.networks:
            raise EngineError(f"The network {network} does not exist.")
        number = next(self._numbers)
        return f"127.{64 + os.getpid() % 64}.{number >> 8 & 255}.{number & 255}"

    def find(self, ref: str) -> Container:
        """Return the container with this reference or name."""
        with self.lock:
            for container in self.containers.values():
                if ref in (container.ref, container.plan.name):
                    return container
        raise EngineError(f"There is no container {ref}.")

    def labelled(self, namespace: str, labels: Labels) -> list[Container]:
        """Return an installation's containers that carry all of `labels`."""
        wanted = {**labels, INSTALLATION: namespace}.items()
        with self.lock:
            return [one for one in self.containers.values() if wanted <= dict(one.plan.labels).items()]

    def remove(self, ref: str) -> None:
        """Kill and remove a container; harmless when it is gone."""
        with self.lock:
            container = self.containers.pop(ref, None)
        if container is not None:
            container.signal("SIGKILL")

    def restart(self) -> None:
        """End everything that runs, as a restart of the daemon or a reboot does."""
        with self.lock:
            running = [one for one in self.containers.values() if one.state == "up"]
        for container in running:
            container.signal("SIGKILL")
            container.wait()

    def mounts(self, namespace: str, volumes: Mapping[str, str]) -> dict[str, Files]:
        """Return the files of volumes by their mount point; missing volumes are made."""
        with self.lock:
            return {path: self.volumes.setdefault(f"{namespace}-{name}", {}) for name, path in volumes.items()}

    def files(self, image: str) -> Files:
        """Return an image's files."""
        with self.lock:
            if image not in self.images:
                raise EngineError(f"The image {image} is not here.")
            return dict(self.images[image])


def stack_files(paths: Iterable[str] = ("/app", "/slipway", "/tmp")) -> Files:  # noqa: S108 of a container
    """Return what is in a stack's image as far as the engine cares."""
    return dict.fromkeys(paths, ROOT)
