"""An `Engine` in memory, for tests: its promises are those of `base`, checked by the same tests.

What a container does is told by its command; `fake_words` lists what commands may say. What the
daemon holds lies open in `world`, for tests to look at and to disturb: `world.away = True` and nobody
answers, `world.restart()` and everything that ran has ended.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from runtimes.engine import references
from runtimes.engine.base import (
    EngineError,
    EngineUnreachable,
    Exit,
    Formation,
    JobSpec,
    Kept,
    Labels,
    Login,
    Observed,
    Stats,
    Upload,
    in_order,
)
from runtimes.engine.docker_kwargs import FORMATION, INDEX, container_kwargs, instance_kwargs
from runtimes.engine.fake_container import Container, Plan
from runtimes.engine.fake_files import OWNER, Tree
from runtimes.engine.fake_registry import Offered
from runtimes.engine.fake_terminal import FakeTerminal
from runtimes.engine.fake_world import World
from runtimes.engine.streams import join_lines

HOME = "/app"
STATS = Stats(memory=16 * 1024 * 1024, cpu_seconds=0.1)
AT_ONCE = 32


class FakeJob:
    """A job in a pretended container."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.ref = container.ref

    def output(self) -> Iterator[bytes]:
        return (entry.data for entry in self.container.output(follow=True))

    def wait(self) -> Exit:
        self.container.wait()
        return Exit(code=self.container.code or 0, oom=self.container.out_of_memory)

    def read(self, path: str) -> Iterator[bytes]:
        return self.container.plan.files.pack(path)

    def kill(self) -> None:
        self.container.signal("SIGKILL")


class FakeScript:
    """A script in a pretended container; it has ended when the container has, also if that was started again."""

    def __init__(self, container: Container, script: str) -> None:
        self._container, self._began, self._command = container, container.started_at, ("sh", "-c", script, "sh")

    def run(self, *arguments: str) -> tuple[int, str]:
        if self._container.state != "up" or self._container.started_at != self._began:
            raise EngineUnreachable(f"The container {self._container.plan.name} is not running.")
        return self._container.run((*self._command, *arguments))

    def close(self) -> None:
        """Nothing is open."""


class FakeEngine:
    """The engine of an installation in a pretended world."""

    def __init__(self, namespace: str, world: World | None = None) -> None:
        self.namespace = namespace
        self._world = world or World()

    @property
    def world(self) -> World:
        """What the daemon holds, for tests."""
        return self._world

    @property
    def _daemon(self) -> World:
        self._world.answer()
        return self._world

    def ping(self) -> None:
        self._world.answer()

    def ensure_network(self, name: str, *, isolated: bool = False) -> None:  # noqa: ARG002 nobody talks here
        self._daemon.networks.add(f"{self.namespace}-{name}")

    @contextlib.contextmanager
    def job(self, spec: JobSpec, uploads: Iterable[Upload] = ()) -> Iterator[FakeJob]:
        container = self._daemon.create(self._job_plan(spec))
        try:
            for upload in uploads:
                container.plan.files.make_directory(upload.path, OWNER, OWNER)
                container.plan.files.unpack(upload.path, upload.tar)
            self._daemon.start(container)
            yield FakeJob(container)
        finally:
            self._world.remove(container.ref)

    def restore(self, key: str, base: str, tar: Iterable[bytes]) -> str:
        name = self._slug(key)
        if self.restored(key):
            return name
        files = Tree(self._daemon.files(base))
        files.make_directory(HOME, OWNER, OWNER)
        files.unpack(HOME, tar)
        self._daemon.images.setdefault(name, files.own)
        return name

    def restored(self, key: str) -> str | None:
        name = self._slug(key)
        return name if name in self._daemon.images else None

    def forget(self, key: str) -> None:
        self._remove_image(self._slug(key))

    def apply(self, formation: Formation) -> list[Observed]:
        with self._daemon.lock:
            found = {int(one.plan.labels[INDEX]): one for one in self._labelled({FORMATION: formation.name})}
            brought = [self._bring_up(formation, index, found.get(index)) for index in formation.indexes]
        surplus = [one for index, one in found.items() if index not in formation.indexes]
        self._end(surplus, formation.grace, formation.stop_signal)
        return sorted((one.observed() for one in brought if one), key=in_order)

    def stop(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        self._end(self._meant(refs), grace, signal)

    def halt(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: self._halt_one(one, grace, signal), self._meant(refs)))

    def observe(self, labels: Labels | None = None) -> list[Observed]:
        return sorted((one.observed() for one in self._labelled(labels or {})), key=in_order)

    def lines(self, ref: str, since: datetime | None = None, follow: bool = False) -> Iterator[tuple[datetime, bytes]]:
        entries = self._daemon.find(ref).output(follow=follow)
        for when, line in join_lines((entry.kind, entry.when, entry.data) for entry in entries):
            if since is None or when >= since:
                yield when, line.decode(errors="replace").encode()

    def tail(self, ref: str, count: int = 20) -> list[str]:
        return [line.decode(errors="replace") for _, line in self.lines(ref)][-count:]

    def put(self, ref: str, path: str, tar: Iterable[bytes]) -> None:
        self._daemon.find(ref).plan.files.unpack(path, tar)

    def exec(self, ref: str, command: tuple[str, ...]) -> tuple[int, str]:
        return self._running(ref).run(command)

    def script(self, ref: str, script: str) -> FakeScript:
        return FakeScript(self._running(ref), script)

    @contextlib.contextmanager
    def terminal(
        self, ref: str, name: str, command: tuple[str, ...], env: Mapping[str, str] | None = None
    ) -> Iterator[FakeTerminal]:
        terminal = FakeTerminal(self._running(ref), command, env or {})
        self._daemon.terminals[ref, name] = terminal
        try:
            yield terminal
        finally:
            terminal.close()

    def hang_up(self, ref: str, name: str) -> None:
        if terminal := self._daemon.terminals.pop((ref, name), None):
            terminal.close()

    def stats(self, ref: str) -> Stats:
        return STATS if self._daemon.find(ref).state == "up" else Stats(memory=0, cpu_seconds=0.0)

    def image_exists(self, image: str) -> bool:
        return image in self._daemon.images

    def pull(self, image: str) -> None:
        if image in self._daemon.registry:
            self._daemon.images.setdefault(image, self._daemon.registry[image])
        self._daemon.files(image)

    def keep(
        self,
        image: str,
        login: Login | None = None,
        *,
        fresh: bool = False,
        say: Callable[[str], object] | None = None,
    ) -> Kept:
        wanted = references.parse(image)
        if wanted is None or wanted.repository.startswith(f"{self.namespace}/"):
            raise references.missing(image, references.HUB)
        offered = None if fresh else self._here(wanted, image)
        if offered is None:
            offered = self._daemon.offered.ask(image, wanted, login)
        name = self._image(offered.digest)
        if name not in self._daemon.images and say:
            say("Pull complete")
        self._daemon.images[name], self._daemon.kept[name] = offered.files, offered
        return Kept(name, offered.digest, offered.platform, 1024, offered.port, offered.has_shell)

    def kept(self, digest: str) -> str | None:
        name = self._image(digest)
        return name if name in self._daemon.images else None

    def let_go(self, digest: str) -> None:
        if not self._is_used(self._image(digest)):
            self._daemon.images.pop(self._image(digest), None)

    def derive(self, name: str, base: str, tar: Iterable[bytes]) -> str:
        files = Tree(self._daemon.files(base))
        files.unpack("/", tar)
        self._daemon.images[f"{self.namespace}/{name}"] = files.own
        self._daemon.derived.add(f"{self.namespace}/{name}")
        return f"{self.namespace}/{name}"

    def derived(self) -> list[str]:
        mine = f"{self.namespace}/"
        return sorted(name.removeprefix(mine) for name in self._daemon.derived if name.startswith(mine))

    def remove_image(self, name: str) -> None:
        self._remove_image(f"{self.namespace}/{name}")

    def remove_volume(self, name: str) -> None:
        self._daemon.volumes.pop(f"{self.namespace}-{name}", None)

    def _running(self, ref: str) -> Container:
        container = self._daemon.find(ref)
        if container.state != "up":
            raise EngineError(f"The container {container.plan.name} is not running.")
        return container

    def _slug(self, key: str) -> str:
        return f"{self.namespace}/slug:{key[:24]}"

    def _image(self, digest: str) -> str:
        return f"{self.namespace}/image:{digest.removeprefix('sha256:')[:24]}"

    def _remove_image(self, name: str) -> None:
        with self._daemon.lock:
            if self._is_used(name):
                raise EngineError(f"The image {name} is in use.")
            self._daemon.images.pop(name, None)
            self._daemon.derived.discard(name)

    def _here(self, wanted: references.Reference, image: str) -> Offered | None:
        """What is here under this name without a registry: kept by its digest, or made here."""
        if wanted.digest:
            return self._daemon.kept.get(self.kept(wanted.digest) or "")
        return Offered(self._daemon.images[image], mark=image) if image in self._daemon.images else None

    def _is_used(self, image: str) -> bool:
        return any(one.plan.image == image for one in self._daemon.containers.values())

    def _labelled(self, labels: Labels) -> list[Container]:
        return self._daemon.labelled(self.namespace, labels)

    def _job_plan(self, spec: JobSpec) -> Plan:
        kwargs = container_kwargs(spec, self.namespace)
        sealed = frozenset(path for name, path in spec.volumes.items() if name in spec.read_only)
        files = Tree(self._daemon.files(spec.image), self._daemon.mounts(self.namespace, spec.volumes), sealed)
        return self._plan(kwargs, spec.env, spec.network, spec.command, files)

    def _instance_plan(self, formation: Formation, index: int) -> Plan:
        kwargs = instance_kwargs(formation, index, self.namespace)
        env = dict(pair.split("=", 1) for pair in kwargs["config"]["Env"])
        own = self._daemon.kept.get(formation.image, Offered()).entry
        argv = (*kwargs["config"].get("Entrypoint", ()), *kwargs["config"].get("Cmd", own))
        return self._plan(kwargs, env, formation.network, argv, Tree(self._daemon.files(formation.image)))

    def _plan(
        self, kwargs: dict[str, Any], env: Mapping[str, str], network: str, argv: tuple[str, ...], files: Tree
    ) -> Plan:
        config = kwargs["config"]
        address = self._daemon.address(f"{self.namespace}-{network}") if network else ""
        return Plan(
            kwargs["name"], config["Image"], argv, env, config["Labels"], files, address, config["HostConfig"]["Init"]
        )

    def _bring_up(self, formation: Formation, index: int, found: Container | None) -> Container | None:
        if found is None:
            found = self._daemon.create(self._instance_plan(formation, index))
        if found.state == "up" or (found.state == "exited" and index in formation.resting):
            return None
        self._daemon.start(found)
        return found

    def _meant(self, refs: Iterable[str]) -> list[Container]:
        wanted = set(refs)
        return [one for one in self._labelled({}) if {one.ref, one.plan.name} & wanted]

    def _halt_one(self, container: Container, grace: int, signal: str) -> None:
        if container.state == "up":
            if grace > 0:
                container.signal(signal)
                container.wait(grace)
            container.signal("SIGKILL")
            container.wait()

    def _end(self, containers: Iterable[Container], grace: int, signal: str) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: self._end_one(one, grace, signal), containers))

    def _end_one(self, container: Container, grace: int, signal: str) -> None:
        if grace > 0 and container.state == "up":
            container.signal(signal)
            container.wait(grace)
        self._world.remove(container.ref)
