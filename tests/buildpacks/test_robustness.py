"""Buildpacks that misbehave: each ends in a clear state, and nothing of them is left running."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder

pytestmark = pytest.mark.docker


def test_a_daemon_left_behind_ends_with_its_script_and_holds_up_nothing(builder: Builder) -> None:
    outcome = builder.build({}, "leaves-daemon", "counts-processes")
    assert outcome.exit_code == 0
    assert "left\n" in outcome.log
    assert "sleeping processes: 0\n" in outcome.log


def test_a_script_that_kills_its_own_process_group_does_not_reach_the_driver(builder: Builder) -> None:
    outcome = builder.build({}, "kills-group")
    assert outcome.exit_code == 0
    assert "cleaned up\n" in outcome.log


def test_a_fork_bomb_ends_readably_at_the_limit(builder: Builder) -> None:
    outcome = builder.build({}, "forks-for-ever", pids=64)
    failed = outcome.one("failed")
    assert (failed["reason"], failed["detail"]) == ("compile", "too-many-processes")
    assert "The build started too many processes: at most 64 may run at the same time." in failed["message"]


def test_a_build_that_runs_out_of_memory_says_so_with_the_limit(builder: Builder) -> None:
    outcome = builder.build({}, "eats-memory", memory="64m")
    failed = outcome.one("failed")
    assert (failed["reason"], failed["detail"], failed["code"]) == ("compile", "out-of-memory", 137)
    assert "The build ran out of memory (limit: 64 MiB)." in failed["message"]


def test_a_buildpack_that_deletes_the_build_directory_is_named(builder: Builder) -> None:
    failed = builder.build({}, "removes-build-dir", "plain").one("failed")
    assert (failed["reason"], failed["buildpack"], failed["detail"]) == (
        "compile",
        "removes-build-dir",
        "build-dir-deleted",
    )
    assert "The removes-build-dir buildpack deleted the build directory" in failed["message"]


def test_a_hook_that_deletes_the_build_directory_is_named(builder: Builder) -> None:
    failed = builder.build({"bin/post-compile": "#!/bin/sh\nrm -rf $PWD\n"}, "plain").one("failed")
    assert failed["message"].startswith("The post-compile hook deleted the build directory")


def test_no_buildpack_can_learn_the_nonce_of_the_event_channel(builder: Builder) -> None:
    outcome = builder.build({}, "spies")
    assert "memory of: docker-init\n" in outcome.log
    assert "nonces: 0\n" in outcome.log
    assert "description: False\n" in outcome.log


def test_a_build_without_its_description_ends_with_a_word_and_a_status(builder: Builder) -> None:
    outcome = builder.build({}, "plain", stray={"slipway/build.json": "{"})
    assert outcome.exit_code == 1
    assert outcome.log.endswith(" !     The build's description is missing or broken.\n")


def test_a_build_that_is_asked_to_stop_ends_at_once_says_so_and_cleans_up(builder: Builder) -> None:
    outcome = builder.build({"wish": "hang"}, "counts-builds", kill_after="cached builds", signal="SIGTERM")
    assert outcome.exit_code == 1
    assert outcome.one("failed")["message"] == "The build was stopped."
    assert outcome.tmp == ["tmp", "tmp/cache", "tmp/cache/app", "tmp/cache/app/count", "tmp/cache/unfinished"]


def test_what_the_platform_got_wrong_is_not_blamed_on_the_app(builder: Builder) -> None:
    outcome = builder.build({}, "plain", stray={"slipway/env": "a file where ENV_DIR should be"})
    failed = outcome.one("failed")
    assert (outcome.exit_code, failed["reason"]) == (1, "driver")
    assert "this is not your app's fault" in failed["message"]
    assert outcome.tmp == ["tmp"]
