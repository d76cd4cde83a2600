"""The tables of states, and that the database referees every move."""

from itertools import product

import pytest
from django.apps import apps

from builds.models import Build, Detection
from runtimes.models import Instance, OneOff, Release, Shell, Step
from runtimes.states import Stateful, machine
from tests import factories as make
from tests.doubles import together

MODELS = [model for model in apps.get_models() if issubclass(model, Stateful)]
ENDS = {
    Build: {"succeeded", "failed", "canceled", "superseded"},
    Detection: {"done", "failed"},
    Release: {"failed", "canceled", "retired"},
    Step: {"done", "failed", "skipped", "canceled"},
    Instance: {"down"},
    OneOff: {"done", "failed", "canceled"},
    Shell: {"closed"},
}
MOVES = [(model, *pair) for model in MODELS for pair in product(sorted(model.TRANSITIONS), repeat=2)]


def row(model: type[Stateful], state: str) -> Stateful:
    """A row of this kind in this state."""
    app = make.app()
    made: Stateful
    match model.__name__:
        case "Build":
            made = make.build(app, state=state)
        case "Detection":
            made = Detection.objects.create(app=app, state=state)
        case "Release":
            made = make.release(app.production, state)
        case "Step":
            made = Step.objects.create(
                journal=make.record(app.production), key="one", name="One", position=1, state=state
            )
        case "Instance":
            facts = {"release": make.release(app.production), "environment": app.production}
            made = Instance.objects.create(process="web", index=1, state=state, **facts)
        case "OneOff":
            made = OneOff.objects.create(
                number=1, journal=make.record(app.production), release=make.release(app.production), state=state
            )
        case "Shell":
            facts = {"release": make.release(app.production), "environment": app.production, "created_by": make.user()}
            made = Shell.objects.create(state=state, **facts)
        case _:
            raise NotImplementedError(model)
    return made


def test_every_model_with_states_is_tested_here() -> None:
    assert set(MODELS) == set(ENDS)


@pytest.mark.parametrize("model", MODELS)
def test_every_state_is_reached_from_the_one_a_row_begins_with(model: type[Stateful]) -> None:
    reached, fresh = set(), {model._meta.get_field("state").default}
    while fresh:
        reached |= fresh
        fresh = {target for state in fresh for target in model.TRANSITIONS[state]} - reached
    assert reached == set(model.TRANSITIONS)


@pytest.mark.parametrize("model", MODELS)
def test_the_states_that_lead_nowhere_are_the_ends(model: type[Stateful]) -> None:
    assert {state for state, targets in model.TRANSITIONS.items() if not targets} == ENDS[model]


@pytest.mark.parametrize("model", MODELS)
def test_a_state_fits_into_its_column(model: type[Stateful]) -> None:
    assert max(map(len, model.TRANSITIONS)) <= (model._meta.get_field("state").max_length or 0)


@pytest.mark.parametrize(("model", "one", "other"), MOVES)
def test_a_move_is_made_where_the_table_allows_it_and_refused_where_not(
    db: None, model: type[Stateful], one: str, other: str
) -> None:
    moved = row(model, one)
    allowed = other in model.TRANSITIONS[one]
    assert moved.move(other) is allowed
    assert moved.state == (other if allowed else one)
    moved.refresh_from_db()
    assert moved.state == (other if allowed else one)


def test_a_move_from_one_state_is_not_made_from_another_that_allows_it_too(db: None) -> None:
    build = make.build(make.app(), state="running")
    assert not build.move_from("queued", "canceled")
    assert not build.move_from("running", "queued")
    assert build.move_from("running", "canceled")


def test_a_refused_move_changes_no_other_field(db: None) -> None:
    build = make.build(make.app(), state="failed", failure="first")
    assert not build.move("running", failure="second", worker="late")
    assert (build.failure, build.worker) == ("first", "")
    build.refresh_from_db()
    assert (build.failure, build.worker) == ("first", "")


def test_a_row_that_is_stale_in_memory_does_not_move(db: None) -> None:
    build = make.build(make.app())
    stale = Build.objects.get(pk=build.pk)
    assert build.move("canceled")
    assert not stale.move("running")


@pytest.mark.parametrize(("to", "start"), [("running", "queued"), ("succeeded", "running")])
def test_of_many_who_make_the_same_move_exactly_one_wins(shared_db: None, to: str, start: str) -> None:
    build = make.build(make.app(), state=start)
    movers = [Build.objects.get(pk=build.pk) for _ in range(6)]
    won = together(*(lambda each=each, n=n: each.move(to, worker=f"w{n}") for n, each in enumerate(movers)))
    assert won.count(True) == 1
    build.refresh_from_db()
    assert (build.state, build.worker) == (to, f"w{won.index(True)}")


def test_success_and_cancel_cannot_both_win(shared_db: None) -> None:
    build = make.build(make.app(), state="running")
    ends = ["succeeded", "failed", "canceled"] * 2
    won = together(*(lambda end=end: Build.objects.get(pk=build.pk).move(end) for end in ends))
    assert won.count(True) == 1
    build.refresh_from_db()
    assert build.state == ends[won.index(True)]


def test_a_lease_is_renewed_by_its_holder_alone(db: None) -> None:
    build = make.build(make.app(), worker="mine")
    assert build.renew("mine")
    build.refresh_from_db()
    held = build.lease_until
    assert held is not None
    assert not build.renew("theirs")
    build.refresh_from_db()
    assert build.lease_until == held


def test_a_table_lists_states_that_only_are_targets_as_ends() -> None:
    assert machine(a="b c", b="c") == {"a": {"b", "c"}, "b": {"c"}, "c": set()}
