"""A Git server beside the builders: a container on their network, with repositories made for the test."""

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
from tests.e2e.certificates import GIT_HOST
from tests.e2e.installation import Installation

IMAGE = "slipway/debian-12:build"
SCRIPT = Path(__file__).with_name("git_http.py")
PORT = 8443
START_SECONDS = 60
WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main")


@dataclass(frozen=True)
class GitServer:
    """A running server and the secret that opens its private repositories."""

    container: Container
    token: str

    def url(self, name: str) -> str:
        """Where builders find a repository."""
        return f"https://{GIT_HOST}:{PORT}/{name}"

    def requests(self) -> str:
        """What it was asked, line by line."""
        return str(self.container.logs().decode())


@contextlib.contextmanager
def serving(installation: Installation, token: str, repositories: Mapping[str, Path]) -> Iterator[GitServer]:
    """Serve these bare repositories; `belongings` finds the container should anything go wrong."""
    with contextlib.closing(docker.from_env()) as client:
        container = client.containers.create(
            IMAGE,
            ["python3", "/srv/git/git_http.py"],
            name=f"{installation.namespace}-git",
            labels={TEST_LABEL: installation.namespace},
            user="1000:1000",
            init=True,
            network=f"{installation.namespace}-builds",
            networking_config={
                f"{installation.namespace}-builds": client.api.create_endpoint_config(aliases=[GIT_HOST])
            },
        )
        try:
            container.put_archive("/", _files(installation, token, repositories))
            container.start()
            _wait_until_listening(container)
            yield GitServer(container, token)
        finally:
            container.remove(force=True, v=True)


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


def _files(installation: Installation, token: str, repositories: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    texts = {
        "git_http.py": SCRIPT.read_bytes(),
        "token": token.encode(),
        "chain.pem": installation.certificates.chain,
        "key.pem": installation.certificates.key,
    }
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in texts.items():
            info = tarfile.TarInfo(f"srv/git/{name}")
            info.size, info.uid, info.gid = len(content), 1000, 1000
            tar.addfile(info, io.BytesIO(content))
        for name, path in repositories.items():
            tar.add(path, f"srv/git/{name}", filter=_theirs)
    return buffer.getvalue()


def _theirs(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 1000
    return info


def _wait_until_listening(container: Container) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"Listening" not in container.logs():
        container.reload()
        assert container.status in ("created", "running"), container.logs().decode()
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.1)
