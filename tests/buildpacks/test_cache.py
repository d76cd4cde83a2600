"""CACHE_DIR from build to build, after success, failure and sudden death."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Mode, Source

pytestmark = pytest.mark.docker


def test_the_cache_is_kept_after_a_success_and_after_a_failure(builder: Builder) -> None:
    volume = builder.volume()
    assert "cached builds: 1\n" in builder.build({}, "counts-builds", volume=volume).log
    assert "cached builds: 2\n" in builder.build({"wish": "fail"}, "counts-builds", volume=volume).log
    assert "cached builds: 3\n" in builder.build({}, "counts-builds", volume=volume).log


def test_after_two_unfinished_builds_in_a_row_the_next_one_starts_cold(builder: Builder) -> None:
    volume = builder.volume()
    builder.build({}, "counts-builds", volume=volume)
    for _ in range(2):
        builder.build({"wish": "fail"}, "counts-builds", volume=volume)
    outcome = builder.build({}, "counts-builds", volume=volume)
    assert "cached builds: 1\n" in outcome.log
    assert "-----> Clearing the cache, because the last 2 builds that used it did not finish\n" in outcome.log
    assert "cached builds: 2\n" in builder.build({}, "counts-builds", volume=volume).log


def test_a_success_in_between_starts_the_count_anew(builder: Builder) -> None:
    volume = builder.volume()
    for wish in ["fail", "succeed", "fail"]:
        builder.build({"wish": wish}, "counts-builds", volume=volume)
    assert "cached builds: 4\n" in builder.build({}, "counts-builds", volume=volume).log


def test_a_killed_build_counts_as_unfinished_and_leaves_nothing_in_the_way(builder: Builder) -> None:
    volume = builder.volume()
    for _ in range(2):
        killed = builder.build({"wish": "hang"}, "counts-builds", volume=volume, kill_after="cached builds")
        assert killed.exit_code == 137
    outcome = builder.build({}, "counts-builds", volume=volume)
    assert "cached builds: 1\n" in outcome.log
    assert not [name for name in outcome.tmp if "build_" in name]


@pytest.mark.parametrize(
    ("source", "packs"),
    [({}, ["counts-builds", "refusing"]), ({"Procfile": "?"}, ["counts-builds"])],
    ids=["not detected", "Procfile"],
)
def test_every_failure_keeps_the_cache(builder: Builder, source: dict[str, str], packs: list[str]) -> None:
    volume = builder.volume()
    assert builder.build(source, *packs, volume=volume).exit_code == 1
    assert "cached builds: 2\n" in builder.build({}, "counts-builds", volume=volume).log


def test_a_broken_procfile_does_not_count_against_the_cache(builder: Builder) -> None:
    volume = builder.volume()
    for _ in range(3):
        builder.build({"Procfile": "?"}, "counts-builds", volume=volume)
    assert "cached builds: 4\n" in builder.build({}, "counts-builds", volume=volume).log


def test_a_buildpack_that_puts_a_file_in_place_of_its_cache_hurts_nobody(builder: Builder) -> None:
    volume = builder.volume()
    outcome = builder.build({}, "removes-cache", "counts-builds", volume=volume)
    assert outcome.exit_code == 0, outcome.log
    assert builder.build({}, "removes-cache", volume=volume).exit_code == 0
    assert "cached builds: 1\n" in builder.build({}, "counts-builds", volume=volume).log


def test_tmp_holds_nothing_of_an_earlier_build_but_the_cache(builder: Builder) -> None:
    left_behind: Source = {"tmp/build_old/file": "", "tmp/build_old/locked": Mode(0o000), "tmp/stray": ""}
    outcome = builder.build({}, "recorder", "counts-builds", stray=left_behind)
    assert outcome.read("recorded/tmp").split() == [outcome.build_dir.split("/")[-1], "cache"]
    assert sorted(outcome.tmp) == ["tmp", "tmp/cache", "tmp/cache/app", "tmp/cache/app/count"]


def test_a_build_ends_by_telling_how_large_the_cache_is(builder: Builder) -> None:
    done, failed = builder.build({}, "counts-builds"), builder.build({"wish": "fail"}, "counts-builds")
    for outcome in (done, failed):
        assert 4096 <= outcome.one("cache")["bytes"] <= 65536
    assert done.events[-1]["event"] == "cache"
