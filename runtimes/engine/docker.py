"""One Docker daemon as an `Engine`. Each method is said in full in `base`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from runtimes.engine import (
    docker_files,
    docker_formation,
    docker_image,
    docker_job,
    docker_keep,
    docker_log,
    docker_network,
    docker_observe,
    docker_restore,
    docker_script,
    docker_terminal,
)
from runtimes.engine.base import (
    EngineError,
    EngineUnreachable,
    Formation,
    Job,
    JobSpec,
    Kept,
    Labels,
    Login,
    Observed,
    Script,
    Stats,
    Terminal,
    Upload,
)
from runtimes.engine.docker_client import DockerClient, translated


class DockerEngine:
    """The engine of an installation on one daemon. May be used from several threads."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._client = DockerClient(namespace)

    def ping(self) -> None:
        try:
            with translated():
                self._client.brief.ping()
                self._client.brief.networks(names=[self.namespace])  # a daemon that is stuck there still says OK
        except EngineUnreachable:
            raise
        except EngineError as error:
            raise EngineUnreachable(str(error)) from error

    def ensure_network(self, name: str, *, isolated: bool = False) -> None:
        docker_network.ensure_network(self._client, name, isolated=isolated)

    def job(self, spec: JobSpec, uploads: Iterable[Upload] = ()) -> AbstractContextManager[Job]:
        return docker_job.run(self._client, spec, uploads)

    def restore(self, key: str, base: str, tar: Iterable[bytes]) -> str:
        return docker_restore.restore(self._client, key, base, tar)

    def restored(self, key: str) -> str | None:
        return docker_restore.restored(self._client, key)

    def forget(self, key: str) -> None:
        docker_restore.forget(self._client, key)

    def apply(self, formation: Formation) -> list[Observed]:
        return docker_formation.apply(self._client, formation)

    def stop(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        docker_formation.stop(self._client, refs, grace, signal)

    def halt(self, refs: Iterable[str], grace: int = 30, signal: str = "SIGTERM") -> None:
        docker_formation.halt(self._client, refs, grace, signal)

    def observe(self, labels: Labels | None = None) -> list[Observed]:
        return docker_observe.observe(self._client, labels or {})

    def lines(self, ref: str, since: datetime | None = None, follow: bool = False) -> Iterator[tuple[datetime, bytes]]:
        return docker_log.lines(self._client, ref, since, follow=follow)

    def tail(self, ref: str, count: int = 20) -> list[str]:
        return docker_log.tail(self._client, ref, count)

    def put(self, ref: str, path: str, tar: Iterable[bytes]) -> None:
        docker_files.put(self._client, ref, path, tar)

    def exec(self, ref: str, command: tuple[str, ...]) -> tuple[int, str]:
        return docker_job.execute(self._client, ref, command)

    def script(self, ref: str, script: str) -> Script:
        return docker_script.DockerScript(self._client, ref, script)

    def terminal(
        self, ref: str, name: str, command: tuple[str, ...], env: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Terminal]:
        return docker_terminal.run(self._client, ref, name, command, env or {})

    def hang_up(self, ref: str, name: str) -> None:
        docker_terminal.hang_up(self._client, ref, name)

    def stats(self, ref: str) -> Stats:
        return docker_observe.stats(self._client, ref)

    def image_exists(self, image: str) -> bool:
        return docker_restore.find_image(self._client, image) is not None

    def pull(self, image: str) -> None:
        docker_image.pull(self._client, image)

    def keep(
        self,
        image: str,
        login: Login | None = None,
        *,
        fresh: bool = False,
        say: Callable[[str], object] | None = None,
    ) -> Kept:
        return docker_keep.keep(self._client, image, login, fresh=fresh, say=say or (lambda _: None))

    def kept(self, digest: str) -> str | None:
        return docker_keep.kept(self._client, digest)

    def let_go(self, digest: str) -> None:
        docker_keep.let_go(self._client, digest)

    def derive(self, name: str, base: str, tar: Iterable[bytes]) -> str:
        return docker_image.derive(self._client, name, base, tar)

    def derived(self) -> list[str]:
        return docker_image.derived(self._client)

    def remove_image(self, name: str) -> None:
        docker_image.remove_image(self._client, name)

    def remove_volume(self, name: str) -> None:
        docker_network.remove_volume(self._client, name)
