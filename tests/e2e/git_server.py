"""A Git server beside the builders, with repositories made for the test.

A container at the machine's own address in the builders' network, where builders reach it and nobody else's traffic
passes; in the network itself it could not be reached, since nobody there reaches another.
"""

import contextlib
import io
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.models.containers import Container

from tests.e2e.belongings import TEST_LABEL
from tests.e2e.installation import Installation
from tests.e2e.person import Person

IMAGE = "slipway/debian-12:build"
SCRIPT = Path(__file__).with_name("git_http.py")
PORT = 8443
START_SECONDS = 60
WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main")


@dataclass(frozen=True)
class GitServer:
    """A running server at an address of the builders' network."""

    container: Container
    address: str

    def url(self, name: str) -> str:
        """Where builders find a repository."""
        return f"https://{self.address}:{PORT}/{name}"

    def replace(self, files: Mapping[str, bytes], repositories: Mapping[str, Path]) -> None:
        """Put other files and repositories where these were."""
        for name in (*(f"files/{name}" for name in files), *repositories):
            self.container.exec_run(["rm", "-r", f"/srv/git/{name}"], user="root")
        self.container.put_archive("/", tar_of({f"files/{name}": data for name, data in files.items()}, repositories))

    def requests(self) -> str:
        """What it was asked, line by line."""
        return str(self.container.logs().decode())


@contextlib.contextmanager
def serving(
    installation: Installation, token: str, repositories: Mapping[str, Path], files: Mapping[str, bytes] | None = None
) -> Iterator[GitServer]:
    """Serve these bare repositories by https, and these files below `files/`; `token` opens the private ones."""
    with contextlib.closing(docker.from_env()) as client:
        address = gateway(client, installation)
        chain, key = installation.certificates.serving(address)
        own = {"git_http.py": SCRIPT.read_bytes(), "token": token.encode(), "chain.pem": chain, "key.pem": key}
        plain = {f"files/{name}": content for name, content in (files or {}).items()}
        command = ["python3", "/srv/git/git_http.py", address, str(PORT)]
        with running(client, installation, IMAGE, command, tar_of(own | plain, repositories)) as container:
            yield GitServer(container, address)


def gateway(client: docker.DockerClient, installation: Installation) -> str:
    """The machine's own address in the builders' network, which the platform makes when it is needed first."""
    name = f"{installation.namespace}-builds"
    if not client.networks.list(names=[name]):
        admin, app = Person(installation), "git-first"
        admin.wait(app, admin.create_and_deploy(app, source="git", git_url="https://git.test/nobody.git"))
    return str(client.networks.get(name).attrs["IPAM"]["Config"][0]["Gateway"])


@contextlib.contextmanager
def running(
    client: docker.DockerClient, installation: Installation, image: str, command: list[str], files: bytes
) -> Iterator[Container]:
    """A container that says "istening" when it serves; `belongings` finds it should anything go wrong."""
    container = client.containers.create(
        image,
        command,
        name=f"{installation.namespace}-git",
        labels={TEST_LABEL: installation.namespace},
        user="1000:1000",
        init=True,
        network_mode="host",
    )
    try:
        container.put_archive("/", files)
        container.start()
        _wait_until_listening(container)
        yield container
    finally:
        container.remove(force=True, v=True)


@contextlib.contextmanager
def named(installation: Installation, name: str) -> Iterator[None]:
    """Inside, a name means an address for builders, though nobody answers there."""
    network = f"{installation.namespace}-builds"
    with contextlib.closing(docker.from_env()) as client:
        container = client.containers.run(
            IMAGE,
            ["sleep", "infinity"],
            name=f"{installation.namespace}-named",
            labels={TEST_LABEL: installation.namespace},
            init=True,
            detach=True,
            network=network,
            networking_config={network: client.api.create_endpoint_config(aliases=[name])},
        )
        try:
            yield
        finally:
            container.remove(force=True)


def repository(folder: Path, commits: Sequence[tuple[str, Mapping[str, str]]], **names: str) -> dict[str, str]:
    """Make a bare repository in `folder`: a commit for each message and files, on `main`.

    `names` are branches and tags (`tag_` before the name) and the message of the commit they point
    at. Returns the full commit of each message.
    """
    work = folder.with_suffix(".work")
    git(folder.parent, "init", "--quiet", str(work))
    found: dict[str, str] = {}
    for message, files in commits:
        for name, content in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o755 if content.startswith("#!") else 0o644)
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message", message)
        found[message] = git(work, "rev-parse", "HEAD").strip()
    for name, message in names.items():
        kind = "tag" if name.startswith("tag_") else "branch"
        git(work, kind, name.removeprefix("tag_"), found[message])
    git(folder.parent, "clone", "--quiet", "--bare", str(work), str(folder))
    return found


def git(folder: Path, *arguments: str) -> str:
    """Run Git without anybody's own settings."""
    variables = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    command = ["git", *WHO, *arguments]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True).stdout


def tar_of(files: Mapping[str, bytes], repositories: Mapping[str, Path]) -> bytes:
    """What lies in /srv/git, all of it the container's user's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"srv/git/{name}")
            info.size, info.uid, info.gid, info.mode = len(content), 1000, 1000, 0o600
            tar.addfile(info, io.BytesIO(content))
        for name, path in repositories.items():
            tar.add(path, f"srv/git/{name}", filter=_theirs)
    return buffer.getvalue()


def _theirs(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 1000
    return info


def _wait_until_listening(container: Container) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"istening" not in container.logs():
        container.reload()
        assert container.status in ("created", "running"), container.logs().decode()
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.1)
