"""The slug: what is in it, what never is, how large it may be, and what the driver says about it."""

from __future__ import annotations

import hashlib

import pytest

from tests.buildpacks.harness import Builder, Mode, Outcome

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def odd(builder: Builder) -> Outcome:
    outcome = builder.build({".git/config": "", "web.py": "", "modes": Mode(0o600, "x")}, "odd-files")
    assert outcome.exit_code == 0, outcome.log
    return outcome


def test_links_modes_and_empty_directories_are_kept(odd: Outcome) -> None:
    members = odd.members()
    assert (members["./broken"].issym(), members["./broken"].linkname) == (True, "nowhere")
    assert (members["./good"].issym(), members["./good"].linkname) == (True, "target")
    twins = [members["./hard"], members["./target"]]
    assert [twin.islnk() for twin in twins] == [False, True]
    assert members["./empty"].isdir()
    assert members["./script"].mode == 0o755
    assert members["./modes"].mode == 0o600


def test_a_file_that_even_its_owner_may_not_read_is_packed_all_the_same(odd: Outcome) -> None:
    assert odd.read("locked") == "secret\n"


def test_git_is_never_in_a_slug_at_any_depth(odd: Outcome) -> None:
    assert not [name for name in odd.members() if ".git" in name.split("/")]
    assert "./vendor/library" in odd.members()


def test_everything_belongs_to_the_user_that_runs_it_and_lies_relative_to_app(odd: Outcome) -> None:
    assert {(member.uid, member.gid) for member in odd.members().values()} == {(1000, 1000)}
    assert all(name == "." or name.startswith("./") for name in odd.members())


def test_the_slug_event_tells_the_truth(builder: Builder, odd: Outcome) -> None:
    event = odd.one("slug")
    assert event["path"] == "/slipway/out/slug.tar.zst"
    assert event["sha256"] == hashlib.sha256(odd.slug).hexdigest()
    assert event["size"] == len(odd.slug)
    assert event["files"] == len([member for member in odd.members().values() if not member.isdir()])
    assert event["unpacked"] >= sum(member.size for member in odd.members().values())
    assert event["platform"] == f"linux/{builder.client.version()['Arch']}"
    assert odd.events[-2:] == [event, odd.one("cache")]


def test_the_same_tree_gives_the_same_order(odd: Outcome) -> None:
    names = [name for name in odd.members() if name != "."]
    assert [name for name in names if name.count("/") == 1] == sorted(name for name in names if name.count("/") == 1)


def test_a_slug_over_the_limit_is_refused_with_exact_figures(builder: Builder) -> None:
    outcome = builder.build({}, "big-slug", slug_bytes=2097152)
    failed = outcome.one("failed")
    assert (outcome.exit_code, failed["reason"], failed["detail"]) == (1, "slug-too-large", "slug-too-large")
    assert failed["message"].startswith("Compiled slug size: 2.9M is too large (max is 2.0M): 300")
    assert "of 2097152 bytes." in failed["message"]
    assert not outcome.all("slug")
    assert "sha256" not in str(outcome.events)


def test_a_slug_close_to_the_limit_is_built_with_a_warning(builder: Builder) -> None:
    outcome = builder.build({}, "big-slug", slug_bytes=4194304)
    assert outcome.exit_code == 0
    assert " !     Warning: the slug is large (2.9M of 4.0M)" in outcome.log
    assert "-----> Compiled slug size is 2.9M\n" in outcome.log
