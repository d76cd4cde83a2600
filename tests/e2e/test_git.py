"""Fetching from a real Git server over https: what is found, what is not, and who sees the access token."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import git_server, litter
from tests.e2e.git_server import GitServer
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

TOKEN = f"glpat-{secrets.token_hex(12)}"

# It knows the token only backwards, so that not its own text is found.
SEARCH = f"""#!/bin/bash
token="$(printf %s '{TOKEN[::-1]}' | rev)"
if env | grep --quiet "$token" || grep -rqs "$token" /slipway /tmp /app /proc/[0-9]*/environ
then echo 'The token was found.'; else echo 'Nothing was found.'; fi
find /slipway /tmp /run /home /root -name credential 2>/dev/null | sed 's/^/Found: /'
"""


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A repository with some history, and the commits in it."""
    folder = tmp_path_factory.mktemp("git") / "public.git"
    history = [
        ("First words", pages("The first words")),
        ("A release", pages("The release's words")),
        (
            "Work goes on",
            pages("The newest words") | {"backend/" + name: text for name, text in pages("Behind").items()},
        ),
    ]
    return folder, git_server.repository(folder, history, release="A release", **{"tag_v1.0": "First words"})


@pytest.fixture(scope="module")
def server(installation: Installation, admin: Person, commits: tuple[Path, dict[str, str]]) -> Iterator[GitServer]:
    """It serves a public and a private repository."""
    public = commits[0]
    private = public.with_name("private.git")
    git_server.repository(private, [("Secret work", pages("Private words") | {"bin/pre-compile": SEARCH})])
    repositories = {"public.git": public, "private/app.git": private}
    with git_server.serving(installation, TOKEN, repositories) as running:
        yield running


@pytest.fixture(scope="module")
def fetched(admin: Person, server: GitServer, commits: tuple[Path, dict[str, str]]) -> dict[str, int]:
    """Apps of the public repository by what is asked for; all of their deploys are under way at once."""
    wishes = {
        "default": {},
        "branch": {"git_ref": "release"},
        "tag": {"git_ref": "v1.0"},
        "commit": {"git_ref": commits[1]["A release"]},
        "directory": {"directory": "backend"},
    }
    source = {"source": "git", "git_url": server.url("public.git")}
    return {name: admin.create_and_deploy(f"git-{name}", **source, **wish) for name, wish in wishes.items()}


@pytest.mark.parametrize(
    ("wish", "message", "words"),
    [
        ("default", "Work goes on", "The newest words"),
        ("branch", "A release", "The release's words"),
        ("tag", "First words", "The first words"),
        ("commit", "A release", "The release's words"),
        ("directory", "Work goes on", "Behind"),
    ],
)
def test_what_was_asked_for_is_fetched_and_serves(
    installation: Installation,
    admin: Person,
    fetched: dict[str, int],
    commits: tuple[Path, dict[str, str]],
    wish: str,
    message: str,
    words: str,
) -> None:
    outcome = admin.wait(f"git-{wish}", fetched[wish])
    assert outcome.state == "live", outcome.log
    assert admin.open(f"git-{wish}") == (200, words)
    row = _build_of(installation, f"git-{wish}")
    assert (row["commit"], row["author"], row["message"]) == (commits[1][message], "Ana", message)
    assert f"       {commits[1][message][:7]} {message} (Ana)" in outcome.lines
    assert message in admin.page(f"apps/git-{wish}/deploys/{fetched[wish]}/")


@pytest.mark.parametrize(
    ("app", "path", "fields", "reason", "sentence"),
    [
        (
            "git-lost",
            "nowhere.git",
            {},
            "repository-not-found",
            "There is no repository at {url}.",
        ),
        (
            "git-closed",
            "private/app.git",
            {},
            "authentication-needed",
            "asks for a login: it is private, or it does not exist.",
        ),
        (
            "git-denied",
            "private/app.git",
            {"git_secret": "glpat-not-the-token"},
            "authentication-needed",
            "asks for a login",
        ),
        (
            "git-typo",
            "public.git",
            {"git_ref": "relase"},
            "ref-missing",
            "There is no branch, tag or full commit relase in this repository. Did you mean release?",
        ),
        (
            "git-nodir",
            "public.git",
            {"directory": "front"},
            "directory-missing",
            "There is no directory front in the source",
        ),
    ],
)
def test_what_cannot_be_fetched_is_told_in_words_that_help(
    admin: Person, server: GitServer, app: str, path: str, fields: dict[str, str], reason: str, sentence: str
) -> None:
    number = admin.create_and_deploy(app, source="git", git_url=server.url(path), **fields)
    outcome, sentence = admin.wait(app, number), sentence.format(url=server.url(path))
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", reason, "Fetch source")
    assert sentence in outcome.failure
    assert any(line.startswith(" !     ") and sentence in line for line in outcome.lines)
    assert sentence in admin.page(f"apps/{app}/deploys/{number}/")
    assert "glpat-" not in outcome.log


def test_a_server_that_does_not_answer_is_told_with_what_was_heard(admin: Person, server: GitServer) -> None:
    url = server.url("public.git").replace("8443", "9")
    outcome = admin.wait("git-silent", admin.create_and_deploy("git-silent", source="git", git_url=url))
    assert (outcome.reason, outcome.failed_step) == ("repository-unreachable", "Fetch source")
    assert "cannot be read" in outcome.failure
    assert f"Failed to connect to {server.address} port 9" in outcome.log


def test_an_access_token_opens_a_private_repository_and_is_seen_by_nobody_else(
    installation: Installation, admin: Person, server: GitServer
) -> None:
    app, source = "git-private", {"source": "git", "git_url": server.url("private/app.git"), "git_secret": TOKEN}
    number = admin.create_and_deploy(app, **source)
    outcome = admin.wait(app, number)
    assert outcome.state == "live", outcome.log
    assert admin.open(app) == (200, "Private words")
    assert "Nothing was found." in outcome.lines
    assert "Found:" not in outcome.log
    pages_of_it = [admin.page(f"apps/{app}/{part}") for part in ("", "settings", f"deploys/{number}/")]
    assert not [page for page in pages_of_it if TOKEN in page]
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in _files(installation))


def test_a_redirect_is_told_and_not_followed(admin: Person, server: GitServer) -> None:
    number = admin.create_and_deploy("git-moved", source="git", git_url=server.url("moved/public.git"))
    outcome = admin.wait("git-moved", number)
    assert (outcome.state, outcome.reason) == ("failed", "repository-moved")


def test_a_name_is_judged_by_what_it_means_where_it_is_fetched(
    installation: Installation, admin: Person, server: GitServer
) -> None:
    url = "https://git.test/public.git"
    with (
        git_server.named(installation, "git.test"),
        installation.restarted("builder", SLIPWAY_PRIVATE_ADDRESSES="false"),
    ):
        number = admin.create_and_deploy("git-inside", source="git", git_url=url)
        outcome = admin.wait("git-inside", number)
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", "address-refused", "Fetch source")
    assert "git.test leads to a private address" in outcome.log
    assert "Nothing is fetched from" in outcome.failure


def test_nothing_of_the_fetchers_stays(installation: Installation, admin: Person, fetched: dict[str, int]) -> None:
    for wish, number in fetched.items():
        admin.wait(f"git-{wish}", number)
    assert not litter.of(installation, besides="git")


def _build_of(installation: Installation, app: str) -> dict[str, str]:
    query = (
        "SELECT build.* FROM builds_build AS build JOIN runtimes_app AS app ON app.id = build.app_id WHERE app.name = ?"
    )
    (row,) = installation.rows(query, app)
    return dict(row)


def _files(installation: Installation) -> list[Path]:
    """Whatever the installation has written down: database, logs, storages."""
    return [path for path in installation.data.rglob("*") if path.is_file()]
