"""The app's hooks: which file runs, when, for whom, and what a failure means."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Link, Outcome, Source

pytestmark = pytest.mark.docker


def says(text: str) -> str:
    return f"#!/bin/sh\necho '{text}'\n"


def ran(outcome: Outcome) -> list[str]:
    """What hooks and buildpacks said, in order, without the driver's own lines."""
    return [line for line in outcome.log.splitlines() if line.startswith(("hook", "the buildpack runs"))]


def test_hooks_run_around_every_buildpack_in_the_build_directory_and_the_log_says_for_whom(builder: Builder) -> None:
    hook = "#!/bin/sh\necho hook $(basename $0) in $PWD\n"
    outcome = builder.build({"bin/pre-compile": hook, "bin/post-compile": hook}, "plain", "silent")
    assert outcome.exit_code == 0
    marks = ("hook", "-----> Running", "-----> Compiling", "-----> silent")
    here = outcome.build_dir
    assert [line for line in outcome.log.splitlines() if line.startswith(marks)] == [
        "-----> Running pre-compile hook for plain (bin/pre-compile)",
        f"hook pre-compile in {here}",
        "-----> Compiling",
        "-----> Running post-compile hook for plain (bin/post-compile)",
        f"hook post-compile in {here}",
        "-----> silent app detected",
        "-----> Running pre-compile hook for silent (bin/pre-compile)",
        f"hook pre-compile in {here}",
        "-----> Running post-compile hook for silent (bin/post-compile)",
        f"hook post-compile in {here}",
    ]
    assert outcome.all("step.end")[1]["note"] == "ran bin/pre-compile, bin/post-compile"


def test_a_buildpack_that_is_skipped_gets_no_hooks(builder: Builder) -> None:
    outcome = builder.build({"bin/pre-compile": says("hook")}, "refusing", "plain", automatic=True)
    assert ran(outcome) == ["hook"]


@pytest.mark.parametrize("stage", ["pre", "post"])
def test_a_hook_that_fails_ends_the_build_with_its_status(builder: Builder, stage: str) -> None:
    outcome = builder.build({f"bin/{stage}-compile": "#!/bin/sh\nexit 5\n"}, "release-fails")
    failed = outcome.one("failed")
    assert outcome.exit_code == 1
    assert (failed["reason"], failed["buildpack"], failed["code"]) == ("hook", "release-fails", 5)
    assert (
        f"bin/{stage}-compile failed with exit status 5; it ran for the release-fails buildpack." in failed["message"]
    )
    assert len(outcome.all("buildpack")) == (1 if stage == "post" else 0)


def test_hooks_are_executed_not_sourced_and_need_no_executable_bit(builder: Builder) -> None:
    hook = "#!/usr/bin/env python3\nprint('hook in Python')\n"
    assert ran(builder.build({"bin/pre-compile": hook}, "plain")) == ["hook in Python"]


def test_the_platform_never_runs_underscore_files_beside_a_buildpack_that_does(builder: Builder) -> None:
    source = {"bin/pre_compile": says("hook pre"), "bin/post_compile": says("hook post")}
    outcome = builder.build(source, "plain", "runs-underscore")
    assert ran(outcome) == [
        "the buildpack runs bin/pre_compile",
        "hook pre",
        "the buildpack runs bin/post_compile",
        "hook post",
    ]


@pytest.mark.parametrize(
    "twin",
    [Link("pre_compile"), says("hook pre")],
    ids=["a link", "a copy"],
)
def test_where_both_spellings_are_one_file_it_runs_once(builder: Builder, twin: str | Link) -> None:
    source: Source = {"bin/pre_compile": says("hook pre"), "bin/pre-compile": twin}
    outcome = builder.build(source, "plain", "runs-underscore")
    assert ran(outcome) == ["the buildpack runs bin/pre_compile", "hook pre"]
    assert outcome.log.count("bin/pre-compile is not run separately") == 1


def test_two_different_files_both_run_each_by_its_owner(builder: Builder) -> None:
    source = {"bin/pre_compile": says("hook of the buildpack"), "bin/pre-compile": says("hook of the platform")}
    assert ran(builder.build(source, "runs-underscore")) == [
        "hook of the platform",
        "the buildpack runs bin/pre_compile",
        "hook of the buildpack",
    ]


@pytest.mark.parametrize("pack", ["plain", "mentions-underscore"])
def test_without_a_buildpack_that_runs_it_an_underscore_file_is_the_platform_s(builder: Builder, pack: str) -> None:
    source = {"bin/pre_compile": says("hook pre"), "bin/post_compile": says("hook post")}
    assert ran(builder.build(source, pack)) == ["hook pre", "hook post"]


def test_an_underscore_file_stands_back_for_a_hyphen_file_of_the_platform(builder: Builder) -> None:
    source = {"bin/pre_compile": says("hook underscore"), "bin/pre-compile": says("hook hyphen")}
    assert ran(builder.build(source, "plain")) == ["hook hyphen"]
