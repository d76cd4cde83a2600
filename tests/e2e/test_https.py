"""An installation with certificates of its own authority: a domain is added, served over TLS, and HTTPS forced."""

import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.installation import Installation
from tests.e2e.person import PATIENCE_SECONDS, POLL_SECONDS, Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP, DOMAIN = "secured", "secured.example.test"
ROOT = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"


@pytest.fixture
def port(installation: Installation) -> Iterator[int]:
    """Where the router speaks TLS, for as long as the test lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    settings = {"SLIPWAY_TLS": "internal", "SLIPWAY_HTTPS_PORT": str(number)}
    installation.services(**settings)
    with installation.restarted("controller", **settings):
        yield number
    installation.services()


@pytest.fixture
def root(installation: Installation, port: int, tmp_path: Path) -> Path:
    """The certificate of the router's own authority, once it has one."""
    deadline, path = time.monotonic() + PATIENCE_SECONDS, tmp_path / "root.pem"
    command = ["docker", "exec", f"{installation.namespace}-router", "cat", ROOT]
    while not (found := subprocess.run(command, capture_output=True, timeout=60, check=False).stdout):
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)
    path.write_bytes(found)
    return path


def get_secured(port: int, root: Path) -> tuple[int, str]:
    """What the domain answers over TLS; its certificate is checked."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=60)
    secured = ssl.create_default_context(cafile=str(root)).wrap_socket(plain, server_hostname=DOMAIN)
    with closing(http.client.HTTPSConnection(DOMAIN, port, timeout=60)) as connection:
        connection.sock = secured
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_domain_is_served_over_https_and_plain_visitors_are_sent_there(
    installation: Installation, admin: Person, port: int, root: Path
) -> None:
    assert admin.wait(APP, admin.create_and_deploy(APP, archive(pages("Secured")))).state == "live"
    assert installation.manage("adddomain", APP, DOMAIN).returncode == 0
    until(installation, "SELECT 1 FROM runtimes_domain WHERE certificate_until IS NOT NULL")
    assert get_secured(port, root) == (200, "Secured")
    assert ask(installation) == (200, "Secured", None)
    admin.force_https(APP)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := ask(installation))[0] != 308:
        assert time.monotonic() < deadline, answer
        time.sleep(POLL_SECONDS)
    assert answer[2] == f"https://{DOMAIN}:{port}/"
    assert installation.manage("destroyapp", APP, "--yes").returncode == 0


def until(installation: Installation, query: str) -> None:
    """Wait until there is such a row."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not installation.rows(query):
        assert time.monotonic() < deadline, query
        time.sleep(POLL_SECONDS)


def ask(installation: Installation) -> tuple[int, str, str | None]:
    """What the domain answers over plain HTTP: status, text, and where it sends to."""
    with closing(http.client.HTTPConnection("127.0.0.1", installation.apps_port, timeout=60)) as connection:
        connection.request("GET", "/", headers={"Host": DOMAIN})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers["Location"]
