"""The other side: `docker build` and `docker run` as a person without a platform types them."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from tests.bench.traffic import Address
from tests.e2e.belongings import TEST_LABEL

APP_PORT = 5000


class Docker:
    """Everything it makes bears the namespace, so that it goes when the installation goes."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._numbers = itertools.count(1)  # threads may share it

    @cached_property
    def builder(self) -> list[str]:
        """The command that builds: with BuildKit wherever a client can, since that is the faster one."""
        for folder in os.environ["PATH"].split(os.pathsep):
            client = shutil.which("docker", path=folder)
            if client and _can_buildkit(client):
                return [client, "build"]
        return ["docker", "build"]

    @property
    def builds_with(self) -> str:
        """Which builder it is, for people."""
        return "BuildKit" if self.builder[0] != "docker" else "the classic builder"

    def build(self, folder: Path, name: str, *, cached: bool = False) -> float:
        """Build the Dockerfile of a folder into an image; return the seconds it took."""
        begun = time.perf_counter()
        # By the label an image is found that has lost its name to the next one.
        options = ["--label", f"{TEST_LABEL}={self.namespace}", *([] if cached else ["--no-cache"])]
        command = [*self.builder, "--quiet", "--force-rm", *options, "--tag", self.image(name), str(folder)]
        self._do(command, DOCKER_BUILDKIT=str(int(self.builder[0] != "docker")))
        return time.perf_counter() - begun

    def image(self, name: str) -> str:
        """The full name of an image."""
        return f"{self.namespace}/plain:{name}"

    def start(self, image: str, *command: str, env: Mapping[str, str] | None = None) -> Address:
        """`docker run` in the background, on a free port; return where it will answer."""
        port = _free_port()
        name = f"{self.namespace}-plain-{next(self._numbers)}"
        options = ["--detach", "--init", "--name", name, "--label", f"{TEST_LABEL}={self.namespace}"]
        options += ["--env", f"PORT={APP_PORT}", "--publish", f"127.0.0.1:{port}:{APP_PORT}"]
        options += [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
        self._do(["docker", "run", *options, image, *command])
        return Address(port)

    def stop_all(self) -> None:
        """Remove every container that `start` made."""
        mine = ["docker", "ps", "--all", "--quiet", "--filter", f"label={TEST_LABEL}={self.namespace}"]
        if refs := self._do(mine).split():
            self._do(["docker", "rm", "--force", "--volumes", *refs])

    def remove_image(self, image: str) -> None:
        """Take an image's name away; containers that run of it go on."""
        self._do(["docker", "image", "rm", "--force", image])

    def _do(self, command: list[str], **environment: str) -> str:
        done = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def _can_buildkit(client: str) -> bool:
    """Clients before 23 bring BuildKit's client with them, later ones need the plug-in buildx."""
    version = [client, "version", "--format", "{{.Client.Version}}"]
    major = subprocess.run(version, capture_output=True, text=True, check=False).stdout.partition(".")[0]
    if not major.isdecimal():
        return False
    plugin = subprocess.run([client, "buildx", "version"], capture_output=True, check=False)
    return int(major) < 23 or plugin.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
