"""bin/slipway-prefetch: a buildpack fetches what it will need, while the one before it compiles."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder

pytestmark = pytest.mark.docker


def test_a_prefetch_has_the_processor_last_and_is_there_when_its_buildpack_compiles(builder: Builder) -> None:
    outcome = builder.build({}, "plain", "prefetches", config={"GREETING": "ahoy"})
    assert outcome.exit_code == 0
    assert "prefetched:  /tmp/cache/app /slipway/env ahoy 10\n" in outcome.log


def test_a_prefetch_is_not_heard_and_may_fail(builder: Builder) -> None:
    outcome = builder.build({"wish": "fail"}, "plain", "prefetches")
    assert outcome.exit_code == 0
    assert "prefetched:" in outcome.log
    assert "loud" not in outcome.log


def test_the_first_buildpack_has_nobody_to_fetch_beside(builder: Builder) -> None:
    outcome = builder.build({}, "prefetches", "plain")
    assert outcome.exit_code == 0
    assert "nothing was prefetched\n" in outcome.log


def test_a_compile_that_fails_ends_the_build_without_waiting_for_the_prefetch(builder: Builder) -> None:
    outcome = builder.build({"wish": "hang"}, "failing", "prefetches")
    assert outcome.one("failed")["buildpack"] == "failing"
    assert outcome.exit_code == 1
