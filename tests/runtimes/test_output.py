"""What instances print: stored once each, without secrets, read by a cursor."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from runtimes import output
from runtimes.models import Instance, Team
from runtimes.output import Printed
from runtimes.redaction import Redactor
from tests import factories as make
from tests.doubles import together

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def instance(shared_db: None) -> Instance:
    release = make.release(make.app().production)
    return Instance.objects.create(environment=release.environment, release=release, process="web", index=1)


def printed(*lines: bytes, start: int = 0) -> list[Printed]:
    """Lines, a second apart."""
    return [Printed(NOON + timedelta(seconds=start + place), 0, line) for place, line in enumerate(lines)]


def texts(of: Instance, since: int = 0, name: str = "") -> list[str]:
    return [line.text for line in output.read(of.environment, since, instance=name)]


def test_lines_are_numbered_and_say_where_they_come_from(instance: Instance) -> None:
    assert output.store(instance, printed(b"one", b"two"), Redactor()) == 2
    first, second = output.read(instance.environment)
    assert (first.number, first.instance, first.release, first.text) == (1, "web.1", "v1", "one")
    assert second.at_ms - first.at_ms == 1000
    assert (texts(instance, 1), output.last(instance.environment)) == (["two"], 2)


def test_of_two_who_read_one_container_each_line_is_stored_by_one(instance: Instance) -> None:
    lines = printed(*(str(number).encode() for number in range(50)))
    stored = together(*[lambda: output.store(instance, lines, Redactor())] * 4)
    assert sum(stored) == 50
    assert texts(instance) == [str(number) for number in range(50)]


def test_others_write_while_lines_are_read(instance: Instance) -> None:
    def slowly() -> Iterator[Printed]:
        together(lambda: Team.objects.create(name="meanwhile"))
        yield from printed(b"one")

    assert output.store(instance, slowly(), Redactor()) == 1
    assert Team.objects.filter(name="meanwhile").exists()


def test_lines_of_one_moment_are_told_apart(instance: Instance) -> None:
    same = [Printed(NOON, ordinal, b"line %d" % ordinal) for ordinal in range(3)]
    output.store(instance, same[:2], Redactor())
    assert output.store(instance, same, Redactor()) == 1
    assert texts(instance) == ["line 0", "line 1", "line 2"]


def test_a_type_or_one_instance_can_be_asked_for(instance: Instance) -> None:
    facts = {"environment": instance.environment, "release": instance.release, "index": 1}
    worker = Instance.objects.create(process="worker", **facts)
    output.store(instance, printed(b"of web"), Redactor())
    output.store(worker, printed(b"of worker"), Redactor())
    assert texts(instance, name="web") == texts(instance, name="web.1") == ["of web"]
    assert texts(instance, name="worker") == ["of worker"]
    assert texts(instance, name="web.2") == []


def test_secrets_and_what_a_terminal_obeys_are_taken_out(instance: Instance) -> None:
    secret = "0123456789" * 60
    output.store(
        instance, printed(b"a " + secret.encode(), b"\x1b]0;title\x07b\x00", secret.encode() * 40), Redactor([secret])
    )
    assert texts(instance)[:2] == ["a [redacted]", "b"]
    assert "0123456789" not in texts(instance)[2]


def test_only_so_many_lines_are_kept(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "KEPT", 5)
    for start in range(0, 20, 2):
        output.store(instance, printed(b"x", b"y", start=start), Redactor())
    output.trim(instance.environment_id)
    assert output.last(instance.environment) == 20
    assert [line.number for line in output.read(instance.environment)] == list(range(15, 21))
