"""Fetching from a real Git server over ssh: whose key opens it, and which host is believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import git_server, litter, ssh_server
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import pages
from tests.e2e.ssh_server import SshServer

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The host's key and another one, the deploy key that the server knows, and others."""
    folder = tmp_path_factory.mktemp("keys")
    made = {name: ssh_server.key(folder, name) for name in ("host", "other-host", "deploy", "strange")}
    return made | {"locked": ssh_server.key(folder, "locked", "a passphrase")}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("git") / "app.git"
    git_server.repository(folder, [("Words by ssh", pages("Words by ssh"))])
    return {"app.git": folder}


@pytest.fixture
def server(installation: Installation, keys: dict[str, Path], repositories: dict[str, Path]) -> Iterator[SshServer]:
    with ssh_server.serving(installation, keys["host"], keys["deploy"], repositories) as running:
        yield running


def asking(server: SshServer, secret: str, name: str = "app.git") -> dict[str, str]:
    """What a person fills in; a browser sends the lines of a text as CR and LF."""
    return {"source": "git", "git_url": server.url(name), "git_secret": secret.replace("\n", "\r\n")}


def test_a_deploy_key_opens_a_repository_and_is_seen_by_nobody(
    installation: Installation, admin: Person, server: SshServer, keys: dict[str, Path]
) -> None:
    private = keys["deploy"].read_text()
    number = admin.create_and_deploy("ssh-right", **asking(server, private))
    outcome = admin.wait("ssh-right", number)
    assert outcome.state == "live", outcome.log
    assert admin.open("ssh-right") == (200, "Words by ssh")
    assert f"Met {server.address} for the first time and remembered its keys:" in outcome.log
    secret = private.splitlines()[2]
    assert secret not in outcome.log + admin.page("apps/ssh-right/settings/")
    written = [path.read_bytes() for path in installation.data.rglob("*") if path.is_file()]
    assert secret.encode() not in b"".join(written)
    assert not litter.of(installation, besides="git")


@pytest.mark.parametrize(
    ("app", "secret", "reason", "sentence"),
    [
        ("ssh-strange", "strange", "authentication-needed", "does not take the app's key."),
        ("ssh-none", "", "authentication-needed", "asks for a key."),
        ("ssh-token", "glpat-this-is-no-key", "key-unreadable", "no private key that ssh can read"),
        ("ssh-locked", "locked", "key-unreadable", "Set one without a passphrase"),
    ],
)
def test_what_cannot_be_fetched_by_ssh_is_told_in_words_that_help(
    admin: Person, server: SshServer, keys: dict[str, Path], app: str, secret: str, reason: str, sentence: str
) -> None:
    given = keys[secret].read_text() if secret in keys else secret
    outcome = admin.wait(app, admin.create_and_deploy(app, **asking(server, given)))
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", reason, "Fetch source")
    assert sentence in outcome.failure
    assert not given or given.splitlines()[-1] not in outcome.log


def test_a_repository_that_is_not_there_is_told(admin: Person, server: SshServer, keys: dict[str, Path]) -> None:
    asked = asking(server, keys["deploy"].read_text(), "lost.git")
    outcome = admin.wait("ssh-lost", admin.create_and_deploy("ssh-lost", **asked))
    assert (outcome.reason, outcome.failed_step) == ("repository-not-found", "Fetch source")
    assert outcome.failure == f"There is no repository at {asked['git_url']}, or the app's key may not read it."


def test_a_server_that_does_not_answer_by_ssh_is_told(admin: Person, server: SshServer, keys: dict[str, Path]) -> None:
    asked = asking(server, keys["deploy"].read_text())
    asked["git_url"] = asked["git_url"].replace(":8022", ":9")
    outcome = admin.wait("ssh-silent", admin.create_and_deploy("ssh-silent", **asked))
    assert (outcome.reason, outcome.failed_step) == ("repository-unreachable", "Fetch source")
    assert server.address in outcome.log


def test_a_host_with_another_key_is_not_believed_until_somebody_says_so(
    installation: Installation, admin: Person, keys: dict[str, Path], repositories: dict[str, Path]
) -> None:
    app = "ssh-host"
    with ssh_server.serving(installation, keys["host"], keys["deploy"], repositories) as server:
        asked = asking(server, keys["deploy"].read_text())
        assert admin.wait(app, admin.create_and_deploy(app, **asked)).state == "live"
        assert "for the first time" not in admin.wait(app, admin.deploy(app)).log
    with ssh_server.serving(installation, keys["other-host"], keys["deploy"], repositories):
        outcome = admin.wait(app, admin.deploy(app))
        assert (outcome.state, outcome.reason) == ("failed", "host-changed")
        assert "shows other host keys than when it was met first" in outcome.failure
        admin.change_source(app, **asked)
        assert admin.wait(app, admin.deploy(app)).state == "live"
