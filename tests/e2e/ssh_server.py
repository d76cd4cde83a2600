"""A Git server by ssh beside the builders: Debian's sshd, host keys and deploy keys made for the test."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker

from tests.e2e import git_server
from tests.e2e.installation import Installation

IMAGE = "slipway/sshd"  # bin/sshd makes it
PORT = 8022
CONFIG = """HostKey /srv/git/host_key
AuthorizedKeysFile /srv/git/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
"""


@dataclass(frozen=True)
class SshServer:
    """A running server at an address of the builders' network."""

    address: str

    def url(self, name: str) -> str:
        """Where builders find a repository."""
        return f"ssh://slipway@{self.address}:{PORT}/srv/git/{name}"


@contextlib.contextmanager
def serving(
    installation: Installation, host_key: Path, deploy_key: Path, repositories: Mapping[str, Path]
) -> Iterator[SshServer]:
    """Serve these bare repositories to whoever has the deploy key, as the host with this key."""
    with contextlib.closing(docker.from_env()) as client:
        address = git_server.gateway(client, installation)
        public = deploy_key.with_suffix(".pub").read_bytes()
        files = {"sshd_config": CONFIG.encode(), "host_key": host_key.read_bytes(), "authorized_keys": public}
        command = ["/usr/sbin/sshd", "-D", "-e", "-f", "/srv/git/sshd_config", "-o", f"ListenAddress={address}:{PORT}"]
        with git_server.running(client, installation, IMAGE, command, git_server.tar_of(files, repositories)):
            yield SshServer(address)


def key(folder: Path, name: str, passphrase: str = "") -> Path:
    """A new pair of keys: the private one, beside it the public one."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(path)], check=True)
    return path
