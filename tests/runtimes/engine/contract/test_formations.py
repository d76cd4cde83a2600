"""What every engine promises of instances."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtimes.engine.base import Engine, EngineError, Formation, Limits, Observed, Stats
from tests.runtimes.engine.conftest import IMAGE, ended, held, job
from tests.runtimes.engine.tars import tar

# Says when it has become deaf to its stop signal.
DEAF = "trap '' TERM; echo deaf; sleep infinity"


def formation(*indexes: int, command: str = "exec sleep infinity", **more: object) -> Formation:
    fixed = {"name": "app-production-v1-web", "process": "web", "image": IMAGE, "grace": 5}
    return Formation(indexes=indexes, command=command, **{**fixed, **more})  # type: ignore[arg-type]


def refs(observed: Iterable[Observed]) -> dict[int, str]:
    return {one.index: one.ref for one in observed}


def lines_when_ended(engine: Engine, ref: str) -> list[bytes]:
    return [line for _, line in engine.lines(ref, follow=True)]


def test_as_many_instances_are_up_as_were_asked_for(engine: Engine) -> None:
    seen = engine.apply(formation(1, 2, 3, labels={"slipway.app": "app"}))
    assert [(one.name, one.index, one.state) for one in seen] == [
        (f"{engine.namespace}-app-production-v1-web.{index}", index, "up") for index in (1, 2, 3)
    ]
    assert all(one.labels["slipway.app"] == "app" and one.started_at and one.exit_code is None for one in seen)


def test_every_label_the_platform_reads_is_there(engine: Engine) -> None:
    (seen,) = engine.apply(formation(4, labels={"slipway.app": "app"}))
    assert {
        "slipway.app": "app",
        "slipway.installation": engine.namespace,
        "slipway.kind": "instance",
        "slipway.formation": "app-production-v1-web",
        "slipway.process": "web",
        "slipway.index": "4",
    }.items() <= dict(seen.labels).items()


def test_applying_again_touches_nothing(engine: Engine) -> None:
    before = engine.apply(formation(1, 2))
    assert engine.apply(formation(1, 2)) == []
    assert engine.observe() == before


def test_scaling_up_touches_no_other_instance(engine: Engine) -> None:
    before = engine.apply(formation(1, 2))
    (more,) = engine.apply(formation(1, 2, 3))
    assert more.index == 3
    assert engine.observe() == [*before, more]


def test_scaling_down_removes_the_surplus_only(engine: Engine) -> None:
    before = refs(engine.apply(formation(1, 2, 3)))
    assert engine.apply(formation(2)) == []
    assert refs(engine.observe()) == {2: before[2]}


def test_scaling_to_nothing_leaves_nothing(engine: Engine) -> None:
    before = held(engine)
    engine.apply(formation(1, 2))
    assert engine.apply(formation()) == []
    assert held(engine) == before


def test_another_formation_is_left_alone(engine: Engine) -> None:
    (other,) = engine.apply(formation(1, name="app-production-v2-web"))
    engine.apply(formation(1))
    engine.apply(formation())
    assert engine.observe() == [other]


def test_instances_are_told_their_name_and_port(engine: Engine) -> None:
    (one,) = engine.apply(formation(3, command="echo $DYNO $PORT $COLOR", port=5000, env={"COLOR": "red", "PORT": "1"}))
    assert lines_when_ended(engine, one.ref) == [b"web.3 5000 red"]


def test_a_process_without_a_port_is_told_none(engine: Engine) -> None:
    (one,) = engine.apply(formation(1, command="printenv PORT; echo $?"))
    assert lines_when_ended(engine, one.ref) == [b"1"]


def test_every_instance_has_an_address_of_its_own_while_it_is_up(engine: Engine) -> None:
    engine.ensure_network("apps")
    addresses = {one.address for one in engine.apply(formation(1, 2, network="apps"))}
    assert (len(addresses), "" in addresses) == (2, False)


def test_an_instance_that_ended_shows_its_exit_status(engine: Engine) -> None:
    engine.ensure_network("apps")
    engine.apply(formation(1, command="exit 3", network="apps"))
    one = ended(engine)
    assert (one.exit_code, one.oom, one.address) == (3, False, "")


def test_an_instance_that_used_up_its_memory_says_so(engine: Engine) -> None:
    engine.apply(formation(1, command="sleep 0.3; tail /dev/zero", limits=Limits(memory=32)))
    one = ended(engine)
    assert (one.exit_code, one.oom) == (137, True)


def test_an_ended_instance_is_started_again_in_its_place(engine: Engine) -> None:
    engine.apply(formation(1, command="exit 3"))
    first = ended(engine)
    engine.apply(formation(1, command="exit 3"))
    again = ended(engine)
    assert (again.ref, again.started_at != first.started_at) == (first.ref, True)


def test_an_ended_instance_that_rests_stays_as_it_is(engine: Engine) -> None:
    engine.apply(formation(1, command="exit 3"))
    first = ended(engine)
    assert engine.apply(formation(1, command="exit 3", resting=frozenset({1}))) == []
    assert engine.observe() == [first]


def test_resting_makes_a_missing_instance_all_the_same(engine: Engine) -> None:
    assert refs(engine.apply(formation(1, resting=frozenset({1})))).keys() == {1}


def test_what_was_removed_by_hand_comes_back_and_nothing_else_is_touched(engine: Engine) -> None:
    before = refs(engine.apply(formation(1, 2)))
    engine.stop([before[1]], grace=0)
    (again,) = engine.apply(formation(1, 2))
    assert again.ref != before[1]
    assert refs(engine.observe()) == {1: again.ref, 2: before[2]}


def test_an_instance_gets_its_stop_signal_and_time_to_heed_it(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    engine.stop([one.ref], grace=600)
    assert engine.observe() == []


def test_an_instance_that_does_not_heed_its_signal_is_killed_after_its_grace(engine: Engine) -> None:
    (one,) = engine.apply(formation(1, command=DEAF, grace=1))
    next(engine.lines(one.ref, follow=True))
    assert engine.apply(formation(grace=1)) == []


def test_stopping_what_is_gone_is_harmless(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    engine.stop([one.ref], grace=0)
    engine.stop([one.ref, "0" * 64], grace=0)
    assert engine.observe() == []


def test_halted_instances_are_kept_with_what_they_said_last(engine: Engine) -> None:
    engine.apply(formation(1, 2, command="echo hello; exec sleep infinity"))
    one, two = engine.observe()
    next(engine.lines(one.ref, follow=True))
    engine.halt([one.ref], grace=600)
    halted, other = engine.observe()
    assert (halted.ref, halted.state, engine.tail(halted.ref), other) == (one.ref, "exited", ["hello"], two)


def test_halting_what_does_not_heed_its_signal_kills_it(engine: Engine) -> None:
    (one,) = engine.apply(formation(1, command=DEAF))
    next(engine.lines(one.ref, follow=True))
    engine.halt([one.ref], grace=1)
    assert [(one.state, one.exit_code) for one in engine.observe()] == [("exited", 137)]


def test_halting_what_has_ended_or_is_gone_is_harmless(engine: Engine) -> None:
    engine.apply(formation(1, command="exit 3"))
    one = ended(engine)
    engine.halt([one.ref, "0" * 64], grace=0)
    assert engine.observe() == [one]


def test_stopping_touches_those_named_only(engine: Engine) -> None:
    before = refs(engine.apply(formation(1, 2)))
    engine.stop([before[1]], grace=0)
    assert refs(engine.observe()) == {2: before[2]}


def test_an_image_that_is_not_here_is_an_error_and_leaves_nothing(engine: Engine) -> None:
    before = held(engine)
    with pytest.raises(EngineError):
        engine.apply(formation(1, 2, image="no-such-image"))
    assert held(engine) == before


def test_an_instance_that_cannot_be_started_is_an_error_and_leaves_nothing(engine: Engine) -> None:
    before = held(engine)
    with pytest.raises(EngineError):
        engine.apply(formation(1, network="no-such-network"))
    assert held(engine) == before


def test_two_who_apply_one_formation_at_once_get_one_set_of_instances(engine: Engine) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(engine.apply, [formation(1, 2)] * 3))
    assert [(one.index, one.state) for one in engine.observe()] == [(1, "up"), (2, "up")]


def test_observing_asks_for_all_labels_and_keeps_the_order_of_numbers(engine: Engine) -> None:
    engine.apply(formation(10, 2, labels={"color": "red", "size": "l"}))
    engine.apply(formation(1, name="other", labels={"color": "red", "size": "s"}))
    assert [one.index for one in engine.observe({"color": "red", "size": "l"})] == [2, 10]
    assert len(engine.observe({"color": "red"})) == 3
    assert engine.observe({"color": "blue"}) == []


def test_a_job_and_an_instance_stand_side_by_side(engine: Engine) -> None:
    engine.apply(formation(1))
    with engine.job(job("sleep", "infinity")):
        assert sorted(one.labels["slipway.kind"] for one in engine.observe()) == ["instance", "job"]


def test_a_command_run_in_an_instance_gives_its_exit_status_and_output(engine: Engine) -> None:
    (one,) = engine.apply(formation(1, env={"COLOR": "red"}))
    assert engine.exec(one.ref, ("sh", "-c", "printenv COLOR; exit 4")) == (4, "red\n")


def test_a_command_that_is_not_there_has_an_exit_status_too(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    code, output = engine.exec(one.ref, ("no-such-program",))
    assert (code in (126, 127), "no-such-program" in output) == (True, True)


@pytest.mark.parametrize(("line", "status"), [("true", 0), ("exit 3", 3), ("sleep 60", 124)])
def test_a_command_that_is_run_as_the_process_is_may_be_given_a_time(engine: Engine, line: str, status: int) -> None:
    (one,) = engine.apply(formation(1))
    assert engine.exec(one.ref, ("timeout", "-k", "1", "1", "/usr/local/bin/slipway-run", line)) == (status, "")


def test_running_a_command_in_what_has_ended_is_an_error(engine: Engine) -> None:
    engine.apply(formation(1, command="exit 0"))
    with pytest.raises(EngineError):
        engine.exec(ended(engine).ref, ("true",))


def test_a_container_may_be_named_instead_of_its_ref(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    assert engine.exec(one.name, ("true",)) == (0, "")
    engine.stop([one.name], grace=0)
    assert engine.observe() == []


def test_files_are_put_into_a_running_instance(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    engine.put(one.ref, "/app", tar({"late": b"news"}))
    assert engine.exec(one.ref, ("cat", "/app/late")) == (0, "news")


def test_putting_files_where_nothing_is_is_an_error(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    with pytest.raises(EngineError):
        engine.put(one.ref, "/nowhere", tar({"late": b"news"}))


def test_an_instance_that_is_up_uses_memory_and_time(engine: Engine) -> None:
    (one,) = engine.apply(formation(1))
    used = engine.stats(one.ref)
    assert (used.memory > 0, used.cpu_seconds > 0) == (True, True)


def test_an_instance_that_has_ended_uses_nothing(engine: Engine) -> None:
    engine.apply(formation(1, command="exit 0"))
    assert engine.stats(ended(engine).ref) == Stats(memory=0, cpu_seconds=0.0)
