"""bin/detect: which buildpacks build an app, and what its owner hears when one does not."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Pack

pytestmark = pytest.mark.docker


def test_a_listed_buildpack_that_does_not_detect_ends_the_build_naming_it_and_showing_its_stderr(
    builder: Builder,
) -> None:
    outcome = builder.build({}, "plain", "refusing")
    failed = outcome.one("failed")
    assert outcome.exit_code == 1
    assert (failed["reason"], failed["buildpack"], failed["code"]) == ("not-detected", "refusing", 3)
    assert "The refusing buildpack is in this app's list but does not recognise the app." in failed["message"]
    assert "There is no flux-capacitor.toml here.\n" in outcome.log
    assert "compiled all the same" not in outcome.log
    assert outcome.slug == b""


def test_detect_may_print_nothing_and_the_buildpack_s_name_stands_in(builder: Builder) -> None:
    outcome = builder.build({}, "silent")
    assert outcome.exit_code == 0
    assert outcome.one("detected")["buildpacks"] == [{"index": 0, "name": "silent", "label": "silent"}]
    assert "-----> silent app detected\n" in outcome.log


def test_a_name_with_escapes_and_broken_bytes_becomes_one_readable_line(builder: Builder) -> None:
    outcome = builder.build({}, "loud-detect")
    (detected,) = outcome.one("detected")["buildpacks"]
    assert detected["label"] == '[1mNöde "\\" � [0m'
    assert "a warning of detect\n" in outcome.log
    assert "second line" not in outcome.log


def test_a_detect_that_hangs_is_stopped_with_a_sentence(builder: Builder) -> None:
    outcome = builder.build({}, "hanging-detect", seconds=1)
    assert outcome.one("failed")["reason"] == "not-detected"
    assert "bin/detect did not answer within 1 seconds and was stopped.\n" in outcome.log


def test_a_later_detect_sees_what_an_earlier_compile_made(builder: Builder) -> None:
    assert builder.build({}, "makes-marker", "marker").exit_code == 0
    assert builder.build({}, "marker", "makes-marker").one("failed")["buildpack"] == "marker"


def test_automatic_mode_uses_those_that_apply_in_the_order_given(builder: Builder) -> None:
    outcome = builder.build({"for-by-name": ""}, "by-name", "refusing", "plain", automatic=True)
    assert outcome.exit_code == 0
    assert [(pack["index"], pack["name"]) for pack in outcome.one("detected")["buildpacks"]] == [
        (0, "by-name"),
        (2, "plain"),
    ]
    assert [event["step"] for event in outcome.all("step.begin")] == ["detect", "buildpack:0", "buildpack:2", "package"]
    assert "There is no flux-capacitor.toml here." not in outcome.log


def test_automatic_mode_with_no_match_names_those_asked_and_shows_why_they_refused(builder: Builder) -> None:
    outcome = builder.build({}, "by-name", "refusing", automatic=True)
    failed = outcome.one("failed")
    assert (failed["reason"], failed["buildpack"]) == ("no-buildpack", "")
    assert "Asked: by-name, refusing." in failed["message"]
    assert "There is no flux-capacitor.toml here.\n" in outcome.log
    assert outcome.events[-2]["state"] == "failed"


BY_ADDRESS = Pack("plain", url="https://git.example.com/Makers/plain.git")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ({".buildpacks": "# ours\n\nhttps://git.example.com/makers/plain#v3 \r\nby-name\n"}, ["plain", "by-name"]),
        ({".buildpacks": "heroku/by-name\nheroku/by-name\n"}, ["by-name"]),
        ({".buildpacks": "https://git.example.com/heroku/heroku-buildpack-by-name\n"}, ["by-name"]),
        ({"app.json": '{"buildpacks": [{"url": "heroku/by-name"}, {"url": "plain"}]}'}, ["by-name", "plain"]),
        ({"app.json": '{"buildpacks": [{"url": "plain"}]}', ".buildpacks": "by-name"}, ["by-name"]),
        ({"app.json": '{"name": "no list"}'}, ["by-name", "plain"]),
        ({"app.json": "{ no json"}, ["by-name", "plain"]),
        ({".buildpacks": "\n"}, ["by-name", "plain"]),
    ],
)
def test_in_automatic_mode_the_list_of_the_source_counts(
    builder: Builder, source: dict[str, str], names: list[str]
) -> None:
    outcome = builder.build({**source, "for-by-name": ""}, "refusing", "by-name", BY_ADDRESS, automatic=True)
    assert outcome.exit_code == 0, outcome.log
    assert [pack["name"] for pack in outcome.one("detected")["buildpacks"]] == names
    assert [event["index"] for event in outcome.all("buildpack")] == [["", "by-name", "plain"].index(n) for n in names]


def test_what_the_source_lists_must_apply(builder: Builder) -> None:
    outcome = builder.build({".buildpacks": "plain\nrefusing\n"}, "refusing", "plain", automatic=True)
    failed = outcome.one("failed")
    assert (failed["reason"], failed["buildpack"]) == ("not-detected", "refusing")
    assert "-----> Plain app detected\n" in outcome.log


@pytest.mark.parametrize(
    "unknown", ["https://git.example.com/makers/other.git", "https://evil.example/plain", "other", "/"]
)
def test_a_source_that_lists_what_the_registry_does_not_have_is_told_so(builder: Builder, unknown: str) -> None:
    failed = builder.build({".buildpacks": f"{unknown}\n"}, "plain", automatic=True).one("failed")
    assert failed["reason"] == "buildpack-unknown"
    assert failed["message"].startswith(f".buildpacks names {unknown}, which is not among the buildpacks here: plain.")


def test_an_app_s_own_list_counts_whatever_the_source_lists(builder: Builder) -> None:
    outcome = builder.build({".buildpacks": "refusing\n"}, "plain")
    assert [pack["name"] for pack in outcome.one("detected")["buildpacks"]] == ["plain"]


def test_a_preview_asks_the_buildpacks_and_builds_nothing(builder: Builder) -> None:
    outcome = builder.build({}, "refusing", "plain", automatic=True, only="detect")
    assert outcome.exit_code == 0
    assert [pack["index"] for pack in outcome.one("detected")["buildpacks"]] == [1]
    assert [event["event"] for event in outcome.events] == ["step.begin", "detected", "step.end"]
    assert (outcome.raw, outcome.slug, outcome.tmp) == (b"", b"", ["tmp"])


def test_an_empty_list_is_a_clear_error(builder: Builder) -> None:
    assert builder.build({}).one("failed")["reason"] == "no-buildpack"


def test_slugignore_applies_before_detect_and_reads_like_gitignore_without_negation(builder: Builder) -> None:
    outcome = builder.build(
        {
            ".slugignore": "# a comment\n\n  for-by-name  \r\n*.psd\n/docs\n!kept.psd\n",
            "for-by-name": "",
            "art/kept.psd": "",
            "art/b.png": "",
            "docs/page": "",
            "deep/docs/page": "",
        },
        "by-name",
        "plain",
        automatic=True,
    )
    assert "-----> Deleting 3 files matching .slugignore patterns.\n" in outcome.log
    assert [pack["name"] for pack in outcome.one("detected")["buildpacks"]] == ["plain"]
    kept = {name for name, member in outcome.members().items() if member.isfile()}
    assert kept == {"./.slugignore", "./art/b.png", "./deep/docs/page"}
