"""Limits that are reached, a daemon that is away, a storage that cannot be written: told apart from an app's faults."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e import litter
from tests.e2e.installation import Installation
from tests.e2e.person import Outcome, Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

STRICT = {"SLIPWAY_BUILD_MEMORY": "192", "SLIPWAY_BUILD_TIMEOUT": "10", "SLIPWAY_SOURCE_BYTES": "3000000"}
EATS_MEMORY = "#!/bin/sh\nexec python3 -c 'kept = b\"x\" * 10**9'\n"
NEVER_ENDS = "#!/bin/sh\necho 'Going on and on.'\nexec sleep 600\n"


@pytest.fixture(scope="module")
def limited(installation: Installation, admin: Person) -> dict[str, Outcome]:
    """How three apps end on a builder with tight limits."""
    sources = {
        "hungry": archive(pages("Never") | {"bin/pre-compile": EATS_MEMORY}),
        "endless": archive(pages("Never") | {"bin/pre-compile": NEVER_ENDS}),
        "large": archive(pages("Never") | {"film.bin": b"\0" * 4_000_000}),
    }
    with installation.restarted("builder", **STRICT):
        numbers = {app: admin.create_and_deploy(app, source) for app, source in sources.items()}
        return {app: admin.wait(app, number) for app, number in numbers.items()}


@pytest.mark.parametrize(
    ("app", "reason", "step", "sentence"),
    [
        ("hungry", "out-of-memory", "Python", "The build ran out of memory: it may use 192 MB."),
        ("endless", "timeout", "Python", "The build took longer than 10 seconds and was ended."),
        ("large", "archive-too-large", "Fetch source", "The source is larger than 2.9 MB unpacked."),
    ],
)
def test_a_limit_that_is_reached_is_named(
    limited: dict[str, Outcome], app: str, reason: str, step: str, sentence: str
) -> None:
    outcome = limited[app]
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", reason, step)
    assert sentence in outcome.failure
    assert f" !     {sentence}" in outcome.log
    assert "The platform failed" not in outcome.log


def test_a_build_out_of_memory_or_time_leaves_nothing(installation: Installation, limited: dict[str, Outcome]) -> None:
    assert limited["hungry"].exit_code == 137
    assert "Going on and on." in limited["endless"].log
    assert not litter.of(installation)


@pytest.fixture(scope="module")
def steady(admin: Person) -> str:
    """An app that serves."""
    assert admin.wait("steady", admin.create_and_deploy("steady", archive(pages("Still here")))).state == "live"
    return "steady"


def test_without_docker_a_deploy_fails_by_the_platform_and_what_runs_goes_on(
    installation: Installation, admin: Person, steady: str
) -> None:
    with installation.restarted("builder", DOCKER_HOST="tcp://127.0.0.1:9"):
        outcome = admin.wait(steady, admin.deploy(steady))
    _check_it_is_the_platform(outcome, "Fetch source", "Docker does not answer. Is its daemon running?")
    assert admin.open(steady) == (200, "Still here")
    assert not litter.of(installation)


def test_a_slug_that_cannot_be_stored_fails_by_the_platform(
    installation: Installation, admin: Person, steady: str
) -> None:
    number = admin.deploy(steady, archive(pages("Never stored")))
    with _no_directory(installation.data / "storage" / "slugs"):
        outcome = admin.wait(steady, number)
    _check_it_is_the_platform(outcome, "Store slug", "The slug cannot be stored: ")
    assert admin.open(steady) == (200, "Still here")
    assert not litter.of(installation)


def test_a_source_that_cannot_be_stored_fails_by_the_platform(
    installation: Installation, admin: Person, steady: str
) -> None:
    admin.create("sourced", sample="flask", source="sample")
    with _no_directory(installation.data / "storage" / "sources"):
        outcome = admin.wait("sourced", admin.deploy("sourced"))
    _check_it_is_the_platform(outcome, "Fetch source", "The source cannot be stored: ")
    assert not litter.of(installation)


@contextmanager
def _no_directory(path: Path) -> Iterator[None]:
    """Inside, a file stands where a folder should be: nobody can write there, not even root."""
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    path.touch()
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)


def _check_it_is_the_platform(outcome: Outcome, step: str, sentence: str) -> None:
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", "platform", step)
    assert outcome.failure.startswith("The platform failed, not your app: ")
    assert sentence in outcome.failure
    assert f" !     The platform failed, not your app: {sentence}" in outcome.log
