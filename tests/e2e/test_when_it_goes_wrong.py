"""What a user's source can do wrong: each gets a clear sentence, a failed step and a reason; nothing stays behind."""

import io
import tarfile
from dataclasses import dataclass, field

import pytest

from tests.e2e import litter
from tests.e2e.installation import Installation
from tests.e2e.person import Outcome, Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


@dataclass(frozen=True)
class Wrong:
    """A source with a fault, and what its owner is told."""

    app: str
    reason: str
    step: str
    sentence: str
    exit_code: int | None = None
    shown: str = ""  # a line of the log that helps
    source: bytes = field(default=b"", repr=False)
    before: str = ""  # what the app answers already, from a release that serves


def _leaving() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../evil.sh"))
    return buffer.getvalue()


FAULTS = [
    Wrong(
        app="silent",
        reason="not-listening",
        step="Wait until healthy",
        sentence="web.1 did not answer on port 5000 within 60 seconds.",
        shown="Not on any port.",
        source=archive(pages("Never", Procfile="web: echo 'Not on any port.' && sleep 600\n")),
        before="Silence has a predecessor",
    ),
    Wrong(
        app="exits",
        reason="crashed",
        step="Wait until healthy",
        sentence="web.1 ended 4 times while it started (exit status 3).",
        exit_code=3,
        shown="The database is not there.",
        source=archive(pages("Never", Procfile="web: echo 'The database is not there.' && exit 3\n")),
        before="It was well once",
    ),
    Wrong(
        app="uncompiled",
        reason="compile",
        step="Python",
        sentence="The python buildpack failed to compile the app (exit status 1).",
        exit_code=1,
        shown="this is no requirement!",
        source=archive(pages("Never") | {"requirements.txt": "this is no requirement!\n"}),
        before="It compiled before",
    ),
    Wrong(
        app="hooked",
        reason="hook",
        step="Python",
        sentence="bin/pre-compile failed with exit status 7; it ran for the python buildpack.",
        exit_code=7,
        shown="I cannot go on.",
        source=archive(pages("Never") | {"bin/pre-compile": "#!/bin/sh\necho 'I cannot go on.'\nexit 7\n"}),
    ),
    Wrong(
        app="unreleased",
        reason="release-command",
        step="Release command",
        sentence="The release command ended with exit status 4.",
        exit_code=4,
        shown="The migration is missing.",
        source=archive(
            pages("Never", Procfile="release: echo 'The migration is missing.' && exit 4\nweb: sleep 600\n")
        ),
    ),
    Wrong(
        app="unreadable",
        reason="procfile",
        step="Package slug",
        sentence='Procfile, line 2: expected "type: command"',
        exit_code=1,
        source=archive(pages("Never", Procfile="# How it starts\nweb gunicorn\n")),
    ),
    Wrong(
        app="nothing",
        reason="no-buildpack",
        step="Detect",
        sentence="No buildpack recognises this app.",
        exit_code=1,
        source=archive({"notes.txt": "There is no app in here."}),
    ),
    Wrong(
        app="broken",
        reason="archive-broken",
        step="Fetch source",
        sentence="The archive cannot be read: it is broken, or no .tar.gz, .tar.zst or .zip file.",
        source=archive(pages("Never"))[:-100],
    ),
    Wrong(
        app="leaving",
        reason="archive-unsafe",
        step="Fetch source",
        sentence="The source has a path that leaves its tree: ../../evil.sh",
        source=_leaving(),
    ),
]


@pytest.fixture(scope="module")
def deploys(admin: Person) -> dict[str, int]:
    """The number of each app's failing deploy; all of them are under way at once."""
    served = [fault for fault in FAULTS if fault.before]
    first = {fault.app: admin.create_and_deploy(fault.app, archive(pages(fault.before))) for fault in served}
    for app, number in first.items():
        assert admin.wait(app, number).state == "live"
    for fault in FAULTS:
        if not fault.before:
            admin.create(fault.app, fault.source)
    return {fault.app: admin.deploy(fault.app, fault.source if fault.before else None) for fault in FAULTS}


# Those that take longest are asked last.
@pytest.mark.parametrize("fault", FAULTS[::-1], ids=lambda fault: fault.app)
def test_a_fault_of_the_app_is_told_where_it_is_and_blamed_on_nobody_else(
    admin: Person, deploys: dict[str, int], fault: Wrong
) -> None:
    outcome = admin.wait(fault.app, deploys[fault.app])
    assert (outcome.state, outcome.reason, outcome.exit_code) == ("failed", fault.reason, fault.exit_code)
    assert fault.sentence in outcome.failure
    assert any(line.startswith(" !     ") and fault.sentence in line for line in outcome.lines)
    assert fault.shown in outcome.log
    assert outcome.failed_step == fault.step
    assert "The platform failed" not in outcome.log
    _check_the_steps_after(outcome, fault.step)
    _check_the_page(admin, fault, deploys[fault.app])


def test_what_ran_before_goes_on_and_nothing_of_the_failures_stays(
    installation: Installation, admin: Person, deploys: dict[str, int]
) -> None:
    for fault in FAULTS:
        admin.wait(fault.app, deploys[fault.app])
    for fault in FAULTS:
        status, text = admin.open(fault.app)
        assert (status, text) == (200, fault.before) if fault.before else status == 503
    assert not litter.of(installation)


def _check_the_steps_after(outcome: Outcome, failed: str) -> None:
    names = list(outcome.steps)
    assert {outcome.steps[name] for name in names[: names.index(failed)]} <= {"done", "skipped"}
    assert {outcome.steps[name] for name in names[names.index(failed) + 1 :]} <= {"skipped"}


def _check_the_page(admin: Person, fault: Wrong, number: int) -> None:
    page = admin.page(f"apps/{fault.app}/deploys/{number}/").replace("&quot;", '"')
    assert f"{fault.step} failed" in page
    assert fault.sentence in page
    assert ("The running version v1 was not touched." if fault.before else "Nothing was running before") in page
