"""One at a time."""

import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from runtimes.holding import Held, alone, hold
from runtimes.models import Hold
from tests.doubles import lose_connection, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

PATIENCE_SECONDS = 20


def test_of_many_who_want_a_thing_one_has_it_at_a_time() -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(3):
            with hold("thing"):
                inside.append(1)
                most.append(len(inside))
                threading.Event().wait(0.002)
                inside.pop()

    together(*[work] * 4)
    assert max(most) == 1
    assert len(most) == 12


def test_another_thing_is_another_matter() -> None:
    with hold("one"), hold("two", patience=0):
        pass


def test_who_waits_in_vain_is_told() -> None:
    with hold("thing"), pytest.raises(Held, match="thing"), hold("thing", patience=0):
        pass


def test_what_goes_wrong_inside_lets_go() -> None:
    with pytest.raises(ValueError, match="inside"), hold("thing"):
        raise ValueError("inside")
    with hold("thing", patience=0):
        pass


def test_what_is_being_done_is_left_to_who_does_it() -> None:
    with alone("look") as first, alone("look") as second, alone("look") as third, alone("else") as other:
        assert (first, second, third, other) == (True, False, False, True)
    with alone("look") as again:
        assert again


def test_a_note_is_left_for_the_next() -> None:
    with hold("thing") as held:
        held.note = "hello"
    with hold("thing") as held:
        assert held.note == "hello"


def test_whoever_died_holds_nothing_for_ever() -> None:
    Hold.objects.create(name="thing", held_by="dead", held_until=timezone.now() - timedelta(seconds=1))
    with hold("thing", patience=0):
        pass


def test_a_hold_is_renewed_while_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.holding.RENEW_SECONDS", 0.01)
    over = timezone.now() - timedelta(seconds=1)
    with hold("thing"):
        Hold.objects.update(held_until=over)
        while Hold.objects.get().held_until <= over:
            pass
        with pytest.raises(Held), hold("thing", patience=0):
            pass


def test_a_hold_is_renewed_after_the_connection_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.holding.RENEW_SECONDS", 0.01)
    over, lost = timezone.now() - timedelta(seconds=1), threading.Event()
    with hold("thing"):

        def until() -> datetime:
            if not lost.is_set():
                lost.set()
                lose_connection()
            return timezone.now() + timedelta(minutes=1)

        Hold.objects.update(held_until=over)
        monkeypatch.setattr("runtimes.holding._until", until)
        assert lost.wait(PATIENCE_SECONDS)
        Hold.objects.update(held_until=over)
        while Hold.objects.get().held_until <= over:
            pass


def test_what_another_has_taken_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.holding.RENEW_SECONDS", 0.01)
    over, names = timezone.now() - timedelta(seconds=1), ("taken", "kept")
    with hold(names[0]), hold(names[1]):
        Hold.objects.filter(name="taken").update(held_by="another", held_until=over)
        for _ in range(2):  # each was renewed or not, in turn
            Hold.objects.filter(name="kept").update(held_until=over)
            while Hold.objects.get(name="kept").held_until <= over:
                pass
        assert Hold.objects.get(name="taken").held_until == over


def test_who_comes_back_too_late_does_not_let_go_for_another() -> None:
    with hold("thing") as late:
        Hold.objects.update(held_until=timezone.now() - timedelta(seconds=1))
        with hold("thing", patience=0) as held:
            held.note = "mine"
            late.note = "theirs"
            Hold.objects.filter(held_by=late.held_by).update(note="theirs")
            assert Hold.objects.get().held_by != late.held_by
    assert Hold.objects.get().note == "mine"
