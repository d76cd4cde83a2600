"""Process types: the Procfile, and bin/release of the last buildpack."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Mode

pytestmark = pytest.mark.docker

DEFAULTS = {"web": 'serve --version 3.10 "$PORT"', "clock": "tick"}


def test_the_procfile_is_read_with_comments_windows_line_ends_and_a_byte_order_mark(builder: Builder) -> None:
    lines = [
        "\ufeff# first",
        "web:   gunicorn \"wsgi:app\" --match '\\d' -b :$PORT  ",
        "// then",
        "",
        "release: migrate",
        "work-er_2:\techo 'é\t\\'",
    ]
    outcome = builder.build({"Procfile": "\r\n".join(lines)}, "release-web")
    slug = outcome.one("slug")
    assert slug["process_types"] == {
        "web": "gunicorn \"wsgi:app\" --match '\\d' -b :$PORT",
        "work-er_2": "echo 'é\t\\'",
    }
    assert slug["release_command"] == "migrate"
    assert (
        "-----> Discovering process types\n       Procfile declares types -> web, release, work-er_2\n" in outcome.log
    )


@pytest.mark.parametrize(
    ("procfile", "sentence"),
    [
        ("web: a\nno colon here\n", 'Procfile, line 2: expected "type: command"'),
        ("web:\n", 'Procfile, line 1: the process type "web" has no command.'),
        ("web: a\n# b\nweb: c\n", 'Procfile, line 3: the process type "web" was declared on line 1 already.'),
        ("web: a\n<<<<<<< HEAD\n", "Procfile, line 2: a merge conflict was left in the file."),
        ("we b: a\n", 'Procfile, line 1: expected "type: command"'),
        ("w" * 64 + ": a\n", "Procfile, line 1: expected"),
        (b"web: \xff\xfe\n", "Procfile is not UTF-8 text."),
        (b"web: a\0b\n", "Procfile is not UTF-8 text."),
        ("web: " + "a" * 70000, "Procfile is larger than 64 KiB."),
        (Mode(0o755), "Procfile is not a file."),
    ],
)
def test_a_procfile_that_cannot_be_read_is_refused_with_the_line(
    builder: Builder,
    procfile: str | bytes | Mode,
    sentence: str,
) -> None:
    outcome = builder.build({"Procfile": procfile}, "plain")
    failed = outcome.one("failed")
    assert outcome.exit_code == 1
    assert failed["reason"] == "procfile"
    assert failed["message"].startswith(sentence)
    assert outcome.all("step.end")[-1]["state"] == "failed"
    assert outcome.slug == b""


def test_without_a_procfile_the_default_types_of_the_last_buildpack_count(builder: Builder) -> None:
    outcome = builder.build({}, "release-other", "release-web")
    assert outcome.one("slug")["process_types"] == DEFAULTS
    assert outcome.one("slug")["release_command"] is None
    assert "       Default types for Release web -> web, clock\n" in outcome.log


def test_a_last_buildpack_without_a_release_gives_no_types_of_an_earlier_one(builder: Builder) -> None:
    outcome = builder.build({}, "release-web", "plain")
    assert outcome.exit_code == 0
    assert outcome.one("slug")["process_types"] == {}
    assert "No process types: nothing would run." in outcome.log


def test_a_procfile_wins_over_default_types(builder: Builder) -> None:
    outcome = builder.build({"Procfile": "worker: work\n"}, "release-web")
    assert outcome.one("slug")["process_types"] == {"worker": "work"}


def test_a_procfile_with_only_a_release_command_leaves_the_defaults_in_force(builder: Builder) -> None:
    outcome = builder.build({"Procfile": "release: migrate\n"}, "release-web")
    assert outcome.one("slug")["process_types"] == DEFAULTS
    assert outcome.one("slug")["release_command"] == "migrate"


@pytest.mark.parametrize("pack", ["release-empty", "release-dashes", "release-braces"])
def test_a_release_that_says_nothing_is_normal(builder: Builder, pack: str) -> None:
    outcome = builder.build({}, pack)
    assert outcome.exit_code == 0
    assert outcome.one("slug")["process_types"] == {}


def test_a_release_that_fails_ends_the_build(builder: Builder) -> None:
    failed = builder.build({"Procfile": "web: a"}, "release-fails").one("failed")
    assert (failed["reason"], failed["buildpack"], failed["code"]) == ("release", "release-fails", 4)


def test_a_release_that_hangs_is_stopped_with_a_sentence(builder: Builder) -> None:
    outcome = builder.build({}, "hanging-release", seconds=3)
    assert outcome.exit_code == 1
    failed = outcome.one("failed")
    assert (failed["reason"], failed["buildpack"]) == ("release", "hanging-release")
    sentence = "bin/release of the hanging-release buildpack did not answer within 3 seconds and was stopped."
    assert failed["message"] == sentence
    assert f" !     {sentence}\n" in outcome.log


def test_a_release_that_prints_no_yaml_ends_the_build_only_if_its_types_are_needed(builder: Builder) -> None:
    failed = builder.build({}, "release-no-yaml").one("failed")
    assert (failed["reason"], failed["buildpack"]) == ("release", "release-no-yaml")
    assert "printed what is not a YAML map" in failed["message"]
    assert builder.build({"Procfile": "web: a"}, "release-no-yaml").exit_code == 0
