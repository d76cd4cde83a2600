"""Buildpacks from elsewhere: fetched once, verified, and from then on what they were, whatever the remote becomes."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e import git_server, litter
from tests.e2e.git_server import GitServer
from tests.e2e.installation import Installation
from tests.e2e.person import Outcome, Person
from tests.e2e.sources import archive

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "foreign"
NOTES = archive({"notes": "No buildpack in here."})
COMPILE = """#!/usr/bin/env bash
set -euo pipefail
echo "-----> {words}"
echo "{words}" >>"${{1}}/index.html"
"""


def pack(name: str, words: str) -> dict[str, str]:
    """A buildpack that nobody here has seen: it says some words, and leaves them where the app serves them."""
    release = "#!/bin/sh\necho 'default_process_types:'\necho '  web: python3 -m http.server $PORT'\n"
    detect = f'#!/bin/sh\n[ -f "$1/foreign" ] || exit 1\necho {name}\n'  # other apps' detection finds it listed too
    return {"bin/detect": detect, "bin/compile": COMPILE.format(words=words), "bin/release": release}


def tarball(words: str) -> bytes:
    """As code hosts hand it out: all of it in one directory."""
    files = {f"tarred-1.0/{path}": content for path, content in pack("Tarred", words).items()}
    return archive(files, executable=tuple(files))


class Remote(NamedTuple):
    """Where both buildpacks lie, and what each is pinned to."""

    server: GitServer
    commit: str
    sha256: str
    folder: Path

    def change(self) -> None:
        """Give other files at both addresses: a history of its own in Git, another tarball."""
        other = self.folder / "other.git"
        git_server.repository(other, [("Rewritten", pack("Gitted", "changed in Git"))])
        self.server.replace({"pack.tgz": tarball("changed in the tarball")}, {"pack.git": other})


@pytest.fixture(scope="module")
def remote(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """One buildpack in Git and one as a tarball, served until a test ends the server."""
    folder = tmp_path_factory.mktemp("packs")
    history = [("First", pack("Gitted", "first from Git")), ("Newer", pack("Gitted", "newer from Git"))]
    commits = git_server.repository(folder / "pack.git", history)
    packed = tarball("first from the tarball")
    with git_server.serving(
        installation, "", {"pack.git": folder / "pack.git"}, {"pack.tgz": packed, "notes.tgz": NOTES}
    ) as server:
        yield Remote(server, commits["First"], hashlib.sha256(packed).hexdigest(), folder)


def deployed(installation: Installation, admin: Person) -> tuple[Outcome, list[tuple[str, str]]]:
    """Deploy the app: how that ended, and the buildpacks that were written down with their versions."""
    number = admin.deploy(APP)
    outcome = admin.wait(APP, number)
    (row,) = installation.rows("SELECT buildpacks FROM builds_build ORDER BY id DESC LIMIT 1")
    return outcome, [(each["name"], each["version"]) for each in json.loads(row["buildpacks"])]


@pytest.fixture(scope="module")
def first(installation: Installation, admin: Person, remote: Remote) -> tuple[Outcome, list[tuple[str, str]]]:
    """The first deploy with both."""
    by_git = ("--git", remote.server.url("pack.git"), "--commit", remote.commit)
    by_url = ("--url", remote.server.url("files/pack.tgz"), "--sha256", remote.sha256)
    for name, pin, words in (("gitted", remote.commit, by_git), ("tarred", remote.sha256, by_url)):
        added = installation.manage("addbuildpack", name, *words)
        assert (added.returncode, added.stdout) == (0, f"Added {name} at {pin[:12]}.\n"), added.stderr
    admin.create(APP, archive({"index.html": "served: ", "foreign": ""}))
    assert installation.manage("setbuildpacks", APP, "gitted", "tarred").returncode == 0
    return deployed(installation, admin)


def test_both_are_fetched_at_their_pins_and_build_and_serve_an_app(
    first: tuple[Outcome, list[tuple[str, str]]], admin: Person, remote: Remote
) -> None:
    outcome, used = first
    assert outcome.state == "live", outcome.log
    assert [name for name in outcome.steps if name in {"Gitted", "Tarred"}] == ["Gitted", "Tarred"]
    assert used == [("gitted", remote.commit), ("tarred", remote.sha256)]
    assert admin.open(APP) == (200, "served: first from Git\nfirst from the tarball\n")


@pytest.mark.parametrize(
    ("path", "kind", "pin", "sentence"),
    [
        ("files/pack.tgz", "--url", "0" * 64, "not the pinned 0000"),
        ("files/notes.tgz", "--url", hashlib.sha256(NOTES).hexdigest(), "This is no buildpack: it has no bin/detect."),
        ("moved/files/pack.tgz", "--url", "0" * 64, "It leads to https://127.0.0.1:8443/files/pack.tgz. Give the"),
        ("nowhere.git", "--git", "a" * 40, "There is no repository at https://"),
        ("pack.git", "--git", "a" * 40, "There is no branch, tag or full commit aaaa"),
        ("private/pack.git", "--git", "a" * 40, "asks for a login. Fetch it yourself and upload it as an archive."),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence_and_not_listed(
    installation: Installation, remote: Remote, path: str, kind: str, pin: str, sentence: str
) -> None:
    by = "--commit" if kind == "--git" else "--sha256"
    refused = installation.manage("addbuildpack", "wrong", kind, remote.server.url(path), by, pin)
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: wrong was not added: ")
    assert sentence in refused.stderr
    assert not installation.rows("SELECT id FROM buildpacks_buildpack WHERE name = 'wrong'")


def test_a_remote_that_changes_or_goes_away_changes_nothing_of_what_is_pinned(
    installation: Installation, admin: Person, remote: Remote, first: tuple[Outcome, list[tuple[str, str]]]
) -> None:
    remote.change()
    url = remote.server.url("files/pack.tgz")
    refused = installation.manage("addbuildpack", "again", "--url", url, "--sha256", remote.sha256)
    assert f"not the pinned {remote.sha256}" in refused.stderr
    assert deployed(installation, admin)[1] == first[1]

    remote.server.container.kill()
    refused = installation.manage("addbuildpack", "again", "--url", url, "--sha256", remote.sha256)
    assert f"{url} cannot be fetched: curl: (7) Failed to connect" in refused.stderr
    outcome, used = deployed(installation, admin)
    assert (outcome.state, used) == ("live", first[1]), outcome.log
    assert admin.open(APP) == (200, "served: first from Git\nfirst from the tarball\n")


def test_nothing_of_it_stays(installation: Installation, admin: Person, remote: Remote) -> None:
    assert not litter.of(installation, besides="git")
