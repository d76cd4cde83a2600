"""A journal loses no line and repeats none, whoever writes and whoever listens."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels.layers import channel_layers
from django.db import DatabaseError, Error, InterfaceError, connection

from runtimes import journal
from runtimes.faults import Canceled
from runtimes.journal import Line, Writer
from runtimes.models import Journal, LogChunk
from tests import factories as make
from tests.doubles import DeafLayer, lose_connection, together

SECRET = "correct-horse-battery"


@pytest.fixture
def record(shared_db: None) -> Journal:
    return make.record(make.app().production, "fetch", "build", "store")


@pytest.fixture(params=[0, 7], ids=["every ring lost", "most rings lost"])
def deaf(request: pytest.FixtureRequest) -> Iterator[DeafLayer]:
    """A bell that loses rings."""
    layer = DeafLayer(keep_each=request.param)
    before = channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", before)


def follow(record: Journal, *, page: int = 50) -> list[Line]:
    """Read as a consumer does whose bell never rings: a cursor of its own, the seal before the lines."""
    seen: list[Line] = []
    whole = False
    while not whole:
        whole = journal.sealed(record.pk)
        while news := journal.read(record, seen[-1].number if seen else 0, limit=page):
            seen += news
    return seen


def write(record: Journal, lines: list[str]) -> None:
    """Write these as a container would print them."""
    with Writer(record) as log:
        for line in lines:
            log.write(f"{line}\n".encode())


@pytest.mark.thorough
def test_a_reader_gets_every_line_once_and_in_order_though_rings_are_lost(record: Journal, deaf: DeafLayer) -> None:
    lines = [f"line {number}" for number in range(1, 401)]

    def work() -> None:
        with Writer(record) as log:
            for start in range(0, len(lines), 5):
                log.write("".join(f"{line}\n" for line in lines[start : start + 5]).encode())
                if start % 20 == 0:
                    log.flush()
        journal.seal(record)

    *_, seen, also = together(work, lambda: follow(record), lambda: follow(record, page=30))
    assert [line.text for line in seen] == lines
    assert [line.number for line in seen] == list(range(1, len(lines) + 1))
    assert also == seen
    assert deaf.heard > 10


@pytest.mark.thorough
def test_several_who_write_at_once_take_numbers_without_gaps_or_twins(record: Journal) -> None:
    def worker(name: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(20):
                journal.note(record, f"{name} {number}")

        return work

    together(*map(worker, range(5)))
    lines = journal.read(record, 0)
    assert [line.number for line in lines] == list(range(1, 101))
    for name in range(5):
        mine = [line.text for line in lines if line.text.startswith(f"{name} ")]
        assert mine == [f"{name} {number}" for number in range(20)]


@pytest.mark.thorough
def test_notes_from_outside_do_not_disturb_whoever_writes(record: Journal) -> None:
    lines = [f"line {number}" for number in range(300)]

    def notes() -> None:
        for _ in range(30):
            journal.note(record, "note")

    together(lambda: write(record, lines), notes)
    stored = make.log_of(record)
    assert [line for line in stored if line != "note"] == lines
    assert stored.count("note") == 30


def test_a_line_after_a_pause_is_stored_at_once_and_those_behind_it_together(
    record: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PATIENCE_SECONDS", 3600)
    with Writer(record) as log:
        log.write(b"first\n")
        while not LogChunk.objects.exists():
            pass
        log.write(b"second\n")
        log.write(b"third\n")
    assert [[text for *_, text in chunk.lines] for chunk in LogChunk.objects.order_by("first")] == [
        ["first"],
        ["second", "third"],
    ]


def test_no_line_follows_the_seal(record: Journal) -> None:
    journal.note(record, "before")
    assert journal.seal(record)
    journal.note(record, "after")
    write(record, ["late"])
    assert make.log_of(record) == ["before"]


@pytest.mark.thorough
def test_a_reader_that_sees_the_seal_has_seen_all_while_others_still_write(record: Journal) -> None:
    def work() -> None:
        for number in range(60):
            journal.note(record, str(number))

    def seal() -> None:
        while journal.count(record) < 20:
            pass
        journal.seal(record)

    *_, seen = together(work, seal, lambda: follow(record))
    assert [line.text for line in seen] == make.log_of(record)
    assert len(seen) >= 20


def test_only_the_first_seal_counts(record: Journal) -> None:
    assert not journal.sealed(record.pk)
    assert journal.seal(record)
    assert not journal.seal(record)
    assert journal.sealed(record.pk)


def test_a_log_that_is_gone_takes_no_line_and_holds_nobody_up(record: Journal) -> None:
    gone = Journal.objects.get(pk=record.pk)
    record.delete()
    assert not journal.store(gone, [[0, 0, "late"]])
    assert not LogChunk.objects.exists()


def test_a_cursor_gives_what_comes_after_it(record: Journal) -> None:
    for chunk in (["1", "2", "3"], ["4"], ["5", "6"]):
        journal.store(record, [[0, 0, text] for text in chunk])
    texts = [[line.text for line in journal.read(record, since)] for since in range(7)]
    assert texts == [["1", "2", "3", "4", "5", "6"][since:] for since in range(7)]
    assert [line.text for line in journal.read(record, 1, limit=3)] == ["2", "3", "4"]
    assert journal.count(record) == 6


def test_lines_arrive_while_the_one_who_writes_waits_for_more(record: Journal) -> None:
    with Writer(record) as log:
        log.write(b"first\n")
        while not journal.count(record):
            pass
        assert make.log_of(record) == ["first"]


def test_what_was_printed_after_the_last_newline_is_a_line_in_the_end(record: Journal) -> None:
    with Writer(record) as log:
        log.write(b"one\ntwo")
    assert make.log_of(record) == ["one", "two"]


def test_lines_that_could_not_be_stored_wait_for_the_next_try(record: Journal) -> None:
    with Writer(record) as log:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE runtimes_logchunk RENAME TO away")
        log.write(b"patient\n")
        with pytest.raises(DatabaseError):
            log.flush()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO runtimes_logchunk")
        log.write(b"later\n")
    assert make.log_of(record) == ["patient", "later"]


@pytest.mark.parametrize("complaint", [None, InterfaceError("connection already closed")])
def test_lines_are_stored_by_a_new_connection_where_one_was_lost(
    record: Journal, monkeypatch: pytest.MonkeyPatch, complaint: Error | None
) -> None:
    works, lost = journal.store, threading.Event()

    def store(into: Journal, lines: list[list[Any]]) -> bool:
        if not lost.is_set():
            lost.set()
            lose_connection()
            if complaint:
                raise complaint
        return works(into, lines)

    monkeypatch.setattr(journal, "store", store)
    with Writer(record) as log:
        log.write(b"patient\n")
        while not journal.count(record):
            pass
        log.write(b"later\n")
    assert lost.is_set()
    assert make.log_of(record) == ["patient", "later"]


def test_a_worker_that_fails_keeps_what_it_wrote(record: Journal) -> None:
    def work() -> None:
        with Writer(record) as log:
            log.write(b"last words")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert make.log_of(record) == ["last words"]


def test_a_large_output_is_stored_before_the_one_who_writes_is_done(record: Journal) -> None:
    with Writer(record) as log:
        log.write(b"x" * 7000 + b"\n")
        log.write((b"y" * 7000 + b"\n") * 12)
        assert journal.count(record) == 13


def test_a_secret_that_is_split_over_writes_is_not_stored(record: Journal) -> None:
    text = f"the password is {SECRET}, keep it\n".encode()
    with Writer(record, [SECRET]) as log:
        for place in range(len(text)):
            log.write(text[:place])
            log.write(text[place:])
    assert SECRET not in str(list(LogChunk.objects.values_list("lines", flat=True)))
    assert len(make.log_of(record)) == len(text)


def test_no_half_of_a_secret_stays_where_an_endless_line_was_cut(record: Journal) -> None:
    secret = "0123456789" * 60
    with Writer(record, [secret]) as log:
        log.write((secret * 40).encode())
        log.write(b"\n")
    assert "0123456789" not in make.log_of(record)[0]


def test_what_the_platform_says_is_redacted_too(record: Journal) -> None:
    with Writer(record, [SECRET]) as log:
        log.say(f"failed with {SECRET}\nand more")
        assert log.redact(SECRET) != SECRET
    assert make.log_of(record) == ["failed with [redacted]", "and more"]


def test_a_line_belongs_to_the_step_in_which_it_began(record: Journal) -> None:
    with Writer(record) as log:
        log.say("outside")
        log.begin("fetch")
        log.write(b"fetching\nhalf a line")
        log.begin("build")
        log.write(b"building\n")
    fetch, build = (record.steps.get(key=key).position for key in ("fetch", "build"))
    lines = [(line.step, line.text) for line in journal.read(record, 0)]
    assert lines == [(0, "outside"), (fetch, "fetching"), (fetch, "half a line"), (build, "building")]


@pytest.mark.parametrize(("trouble", "state"), [(None, "done"), (Canceled, "canceled"), (ValueError, "failed")])
def test_a_step_ends_as_what_was_done_in_it_ends(record: Journal, trouble: Any, state: str) -> None:
    with Writer(record) as log:
        try:
            with log.step("build") as step:
                assert record.steps.get(key="build").state == "running"
                if trouble:
                    raise trouble
        except (Canceled, ValueError):
            pass
    step.refresh_from_db()
    assert step.state == state
    assert step.started_at
    assert step.ended_at


def test_the_lines_of_a_step_are_there_before_it_is_over(record: Journal) -> None:
    with Writer(record) as log:
        log.begin("build")
        log.write(b"half a line")
        log.end("build", "done", "a note")
        assert make.log_of(record) == ["half a line"]
        assert record.steps.get(key="build").note == "a note"


def test_closing_ends_every_step_and_seals(record: Journal) -> None:
    with Writer(record) as log:
        with log.step("fetch"):
            pass
        log.begin("build")
    journal.close(record)
    assert list(record.steps.values_list("state", flat=True)) == ["done", "failed", "skipped"]
    assert journal.sealed(record.pk)


def test_what_ran_when_somebody_canceled_has_not_failed(record: Journal) -> None:
    with Writer(record) as log:
        log.begin("fetch")
    journal.close(record, ran="canceled")
    assert list(record.steps.values_list("state", flat=True)) == ["canceled", "skipped", "skipped"]


def test_what_broke_off_between_two_steps_broke_off_at_the_next_one(record: Journal) -> None:
    with Writer(record) as log, log.step("fetch"):
        pass
    journal.close(record)
    assert list(record.steps.values_list("state", flat=True)) == ["done", "failed", "skipped"]


def test_every_line_of_a_complaint_is_marked(record: Journal) -> None:
    with Writer(record) as log:
        log.complain("It broke.\nMend it.")
    assert make.log_of(record) == [" !     It broke.", " !     Mend it."]


def test_numbers_of_deploys_count_up_without_twins(shared_db: None) -> None:
    environment = make.app().production
    together(*[lambda: make.record(environment)] * 6)
    assert sorted(Journal.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_no_thread_stays_behind(record: Journal) -> None:
    with Writer(record):
        assert f"journal {record.pk}" in {thread.name for thread in threading.enumerate()}
    assert f"journal {record.pk}" not in {thread.name for thread in threading.enumerate()}
