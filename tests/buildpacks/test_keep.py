"""bin/slipway-keep: when a build is over, a buildpack takes into the cache what the next one can use."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder

pytestmark = pytest.mark.docker

NOTHING = "nothing was kept\n"


@pytest.mark.parametrize("wish", ["", "break", "hang", "fail"])
def test_what_is_kept_is_in_the_slug_and_in_the_next_build_s_cache(builder: Builder, wish: str) -> None:
    volume = builder.volume()
    first = builder.build({"wish": wish}, "keeps", volume=volume, config={"GREETING": "ahoy"}, seconds=2)
    assert NOTHING in first.log
    assert first.exit_code == (1 if wish == "fail" else 0)
    if wish != "fail":
        assert "./tree/installed" in first.members()
    assert not [name for name in first.tmp if "build_" in name]
    second = builder.build({}, "keeps", volume=volume)
    assert f"kept from {first.build_dir.removeprefix('/tmp/build_')}\n/slipway/env ahoy\n" in second.log
    assert "loud" not in first.log + second.log


def test_whose_compile_was_not_begun_has_nothing_to_keep(builder: Builder) -> None:
    volume = builder.volume()
    assert builder.build({"tree/installed": "the app's own\n"}, "failing", "keeps", volume=volume).exit_code == 1
    builder.build({"tree/installed": "the app's own\n"}, "keeps", only="detect", automatic=True, volume=volume)
    assert NOTHING in builder.build({}, "keeps", volume=volume).log


def test_every_buildpack_keeps_its_own_whatever_becomes_of_the_others(builder: Builder) -> None:
    volume = builder.volume()
    assert builder.build({}, "keeps", "failing", volume=volume, config={"GREETING": "ahoy"}).exit_code == 1
    assert NOTHING not in builder.build({}, "keeps", volume=volume).log
