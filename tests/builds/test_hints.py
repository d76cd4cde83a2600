"""Failure hints: those that the platform begins with, and what admins make of them."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from builds import deploys, hints
from builds.models import Build, Hint
from builds.patterns import Numbered
from runtimes import journal
from runtimes.models import Journal
from tests import factories as make

pytestmark = pytest.mark.django_db
BUNDLED = Path(__file__).resolve().parents[2] / "buildpacks" / "bundled"
REASON = re.compile(r'report::fail "([a-z-]+)"')


def advice(*texts: str) -> str:
    """What these lines of a log are answered with."""
    found = hints.advise([], [Numbered(number, text) for number, text in enumerate(texts, 1)])
    return found.hint.text if found else ""


def patterns() -> list[str]:
    return [hint.pattern for hint in Hint.objects.all()]


def failed(**facts: object) -> deploys.Deploy:
    """A deploy that failed."""
    build = make.build(make.app())
    Build.objects.filter(pk=build.pk).update(state="failed", **facts)
    journal.close(Journal.objects.get(pk=build.journal_id))
    return deploys.get(build.app, build.journal.number)


def test_every_hint_that_comes_with_the_platform_is_admitted() -> None:
    assert len(patterns()) > 50
    for hint in Hint.objects.all():
        hints.check(hint.pattern)
        hint.full_clean()


def test_every_reason_of_the_bundled_buildpacks_has_a_hint() -> None:
    told = {reason for path in BUNDLED.rglob("*.sh") for reason in REASON.findall(path.read_text())}
    assert len(told) > 40
    assert [reason for reason in sorted(told) if hints.advise([f"reason: {reason}"]) is None] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Procfile error: mapping values are not allowed here", "a name, a colon and a command"),
        ("/bin/sh: 1: mysql_config: not found, EnvironmentError: mysql_config not found", "libmysqlclient"),
        ("Unable to select a buildpack", "No buildpack knows this source"),
        (" !     Error while running '$ python manage.py collectstatic --noinput'.", "STATIC_ROOT"),
        (" !     Requested runtime 'python-3.4' is not available for this stack (heroku-24).", "does not exist"),
        ("ERROR: No matching distribution found for djnago==5", "no such package"),
        ("npm ERR! notarget No matching version found for vite@99.", "does not exist in the registry"),
        ("npm error code E404", "no such package"),
        ("npm error code EBADPLATFORM", "optionalDependencies"),
        ("release took too long to complete", "not ready in time"),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "ran out of memory"),
        ("Error: Cannot find module 'express'", "missing in dependencies"),
        ("fatal: could not read Username for 'https://host': terminal prompts disabled", "credentials"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("exit code: 137", "killed"),
        ("DisallowedHost at /", "ALLOWED_HOSTS"),
    ],
)
def test_what_tools_say_is_answered(line: str, said: str) -> None:
    assert said in advice("-----> Building", line, "more")


def test_what_nobody_has_foreseen_has_no_hint() -> None:
    assert advice("-----> Building", "Error: Cannot find module './local'", "it broke") == ""


def test_the_facts_of_a_failure_are_looked_at_before_its_log() -> None:
    deploy = failed(failure_reason="compile", failure_detail="lock-missing", exit_code=1)
    assert "reason: lock-missing" in hints.facts(deploy)
    found = hints.advise(hints.facts(deploy), [Numbered(7, "No space left on device")])
    assert found
    assert "lock file" in found.hint.text
    assert found.line.number == 0


def test_a_hint_that_is_off_is_not_shown() -> None:
    Hint.objects.filter(pattern="No space left on device").update(enabled=False)
    assert advice("No space left on device") == ""


def test_an_admins_own_hint_wins_from_a_place_further_up() -> None:
    mine = Hint(pattern="space left", text="Call Ana.")
    hints.save(mine)
    assert patterns()[-1] == "space left"
    assert advice("No space left on device") != "Call Ana."
    hints.save(mine, place=1)
    assert patterns()[0] == "space left"
    assert advice("No space left on device") == "Call Ana."


def test_a_hint_goes_up_and_down_by_one_and_never_out_of_the_list() -> None:
    before = patterns()
    second = Hint.objects.get(pattern=before[1])
    hints.move(second, -1)
    assert patterns() == [before[1], before[0], *before[2:]]
    hints.move(second, -1)
    hints.move(second, 1)
    assert patterns() == before
    last = Hint.objects.get(pattern=before[-1])
    hints.move(last, 1)
    assert patterns() == before


@pytest.mark.parametrize("pattern", ["(a+)+b", "[", "x"])
def test_a_pattern_that_cannot_be_is_refused_at_its_field(pattern: str) -> None:
    with pytest.raises(ValidationError) as caught:
        hints.save(Hint(pattern=pattern, text="Try again."))
    assert list(caught.value.message_dict) == ["pattern"]
