"""What every engine promises of jobs."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from runtimes.engine.base import Engine, EngineError, Exit, JobSpec, Limits, Upload
from tests.runtimes.engine.conftest import IMAGE, held, job
from tests.runtimes.engine.tars import broken, cut, tar, untar


def run(engine: Engine, spec: JobSpec, *uploads: Upload) -> tuple[bytes, Exit]:
    with engine.job(spec, uploads) as running:
        return b"".join(running.output()), running.wait()


def test_a_job_gives_its_output_and_its_exit_status(engine: Engine) -> None:
    assert run(engine, job("sh", "-c", "echo hello; exit 3")) == (b"hello\n", Exit(3))


def test_a_job_that_does_its_work_ends_with_0(engine: Engine) -> None:
    assert run(engine, job("true")) == (b"", Exit(0))


def test_what_goes_to_standard_error_is_in_the_output(engine: Engine) -> None:
    output, _ = run(engine, job("sh", "-c", "echo one; echo two >&2"))
    assert sorted(output.splitlines()) == [b"one", b"two"]


def test_what_is_written_to_one_stream_keeps_its_order(engine: Engine) -> None:
    line = "exec 2>&1\necho one; echo two >&2; echo three"
    assert run(engine, job("sh", "-c", line))[0] == b"one\ntwo\nthree\n"


def test_no_line_of_a_job_that_ends_at_once_is_lost(engine: Engine) -> None:
    assert [run(engine, job("echo", "quick"))[0] for _ in range(5)] == [b"quick\n"] * 5


def test_bytes_that_are_no_text_come_through_as_they_are(engine: Engine) -> None:
    noise = secrets.token_bytes(300_000) + bytes(range(256))
    output, _ = run(engine, job("cat", "/slipway/noise"), Upload("/slipway", tar({"noise": noise})))
    assert output == noise


def test_a_job_has_its_environment(engine: Engine) -> None:
    assert run(engine, job("printenv", "GREETING", env={"GREETING": "a b\n$c"})) == (b"a b\n$c\n", Exit(0))


def test_the_environment_is_not_in_the_representation_of_a_job() -> None:
    assert "hunter2" not in repr(job("true", env={"PASSWORD": "hunter2"}))


def test_uploads_are_there_when_the_command_starts_and_missing_folders_are_made(engine: Engine) -> None:
    uploads = [Upload("/deep/down/here", tar({"one": b"1\n"})), Upload("/deep/down", tar({"two": b"2\n"}))]
    output, _ = run(engine, job("cat", "/deep/down/here/one", "/deep/down/two"), *uploads)
    assert output == b"1\n2\n"


def test_an_upload_may_come_piece_by_piece(engine: Engine) -> None:
    whole = tar({"file": b"x" * 5000})[0]
    pieces = (whole[i : i + 700] for i in range(0, len(whole), 700))
    assert run(engine, job("cat", "/slipway/file"), Upload("/slipway", pieces))[0] == b"x" * 5000


def test_uploads_reach_into_a_volume_and_the_volume_outlives_the_job(engine: Engine) -> None:
    top = "/tmp"
    spec = job("cat", f"{top}/build/file", volumes={"cache": top})
    assert run(engine, spec, Upload(f"{top}/build", tar({"file": b"kept"})))[0] == b"kept"
    assert run(engine, spec)[0] == b"kept"


def test_a_removed_volume_is_empty_when_it_comes_back(engine: Engine) -> None:
    spec = job("sh", "-c", "cat /cache/file; exit $?", volumes={"cache": "/cache"})
    assert run(engine, spec, Upload("/cache", tar({"file": b"old"})))[1] == Exit(0)
    engine.remove_volume("cache")
    assert run(engine, spec)[1] == Exit(1)


def test_a_read_only_volume_can_be_read_and_takes_nothing(engine: Engine) -> None:
    line = "echo mine > /store/file; echo mine > /store/more; cat /store/file"
    spec = job("sh", "-c", line, volumes={"store": "/store"}, user="0:0")
    assert run(engine, replace(spec, command=("true",)), Upload("/store", tar({"file": b"ours\n"})))[1] == Exit(0)
    output, ended = run(engine, replace(spec, read_only=frozenset({"store"})))
    assert (output.endswith(b"ours\n"), ended) == (True, Exit(0))
    assert run(engine, replace(spec, command=("cat", "/store/more")))[1] == Exit(1)


def test_uploads_into_a_read_only_volume_are_refused(engine: Engine) -> None:
    spec = job("true", volumes={"store": "/store"}, read_only=frozenset({"store"}))
    with pytest.raises(EngineError), engine.job(spec, [Upload("/store", tar({"file": b"mine"}))]):
        pytest.fail("It started.")


def test_a_job_may_write_where_it_was_given_a_folder_and_its_files_are_read_after_its_end(engine: Engine) -> None:
    with engine.job(job("sh", "-c", "echo made > /out/file"), [Upload("/out", tar({}))]) as running:
        assert (b"".join(running.output()), running.wait()) == (b"", Exit(0))
        assert untar(running.read("/out/file")) == {"file": b"made\n"}
        assert untar(running.read("/out")) == {"out/file": b"made\n"}


def test_a_job_whose_file_is_read_only_in_part_is_removed_all_the_same(engine: Engine) -> None:
    with engine.job(job("true"), [Upload("/slipway", tar({"large": bytes(32 * 1024 * 1024)}))]) as running:
        assert (b"".join(running.output()), running.wait()) == (b"", Exit(0))
        half_read = running.read("/slipway/large")
        assert next(half_read)
    assert not held(engine)["containers"]


def test_reading_what_is_not_there_is_an_error(engine: Engine) -> None:
    with engine.job(job("true")) as running, pytest.raises(EngineError):
        untar(running.read("/nowhere"))


def test_a_file_that_is_read_in_part_only_holds_up_nobody(engine: Engine) -> None:
    before = held(engine)
    large = Upload("/slipway", tar({"large": bytes(20_000_000)}))
    with engine.job(job("sleep", "infinity", labels={"slipway.build": "7"}), [large]) as running:
        begun = running.read("/slipway/large")
        assert next(begun)
        assert [one.ref for one in engine.observe()] == [running.ref]
        assert run(engine, job("true"))[1] == Exit(0)
    assert held(engine) == before


def test_a_job_that_uses_up_its_memory_says_so(engine: Engine) -> None:
    _, ended = run(engine, job("sh", "-c", "sleep 0.3; exec tail /dev/zero", limits=Limits(memory=32)))
    assert ended == Exit(137, oom=True)


def test_a_job_whose_child_used_up_the_memory_says_so(engine: Engine) -> None:
    _, ended = run(engine, job("sh", "-c", "sleep 0.3; tail /dev/zero; exit 7", limits=Limits(memory=32)))
    assert ended == Exit(7, oom=True)


def test_a_job_that_does_its_work_all_the_same_ran_out_of_nothing(engine: Engine) -> None:
    _, ended = run(engine, job("sh", "-c", "sleep 0.3; tail /dev/zero; exit 0", limits=Limits(memory=32)))
    assert ended == Exit(0)


def test_killing_a_job_from_another_thread_ends_its_output(engine: Engine) -> None:
    with engine.job(job("sh", "-c", "echo begun; sleep infinity")) as running:
        output = running.output()
        first = next(output)
        killer = threading.Thread(target=running.kill)
        killer.start()
        assert (first, b"".join(output), running.wait()) == (b"begun\n", b"", Exit(137))
        killer.join()


def test_killing_a_job_that_has_ended_is_harmless(engine: Engine) -> None:
    with engine.job(job("true")) as running:
        running.wait()
        running.kill()
        assert running.wait() == Exit(0)


def test_many_jobs_run_at_once(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda n: run(engine, job("echo", str(n)))[0], range(8)))
    assert outputs == [f"{n}\n".encode() for n in range(8)]


def test_a_job_is_observed_with_its_labels_while_it_runs_and_gone_afterwards(engine: Engine) -> None:
    spec = job("sleep", "infinity", labels={"slipway.build": "7"})
    with engine.job(spec) as running:
        (seen,) = engine.observe({"slipway.build": "7"})
        assert (seen.ref, seen.name, seen.state, seen.index) == (
            running.ref,
            f"{engine.namespace}-{spec.name}",
            "up",
            0,
        )
        assert seen.labels["slipway.kind"] == "job"
    assert engine.observe({"slipway.build": "7"}) == []


@pytest.mark.parametrize("reason", [RuntimeError, KeyboardInterrupt, SystemExit, EngineError])
def test_nothing_is_left_however_the_work_around_a_job_ends(engine: Engine, reason: type[BaseException]) -> None:
    before = held(engine)
    with pytest.raises(reason), engine.job(job("sleep", "infinity")):
        raise reason("over")
    assert held(engine) == before


def test_nothing_is_left_of_a_job_that_nobody_waited_for(engine: Engine) -> None:
    before = held(engine)
    with engine.job(job("sleep", "infinity")):
        pass
    assert held(engine) == before


def test_who_still_reads_when_a_job_is_left_sees_its_end(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with engine.job(job("sh", "-c", "echo begun; sleep infinity")) as running:
            output = running.output()
            first = next(output)
            rest = pool.submit(lambda: b"".join(output))
        assert (first, rest.result()) == (b"begun\n", b"")


@pytest.mark.parametrize("change", [{"image": "no-such-image"}, {"network": "no-such-network"}])
def test_a_job_that_cannot_start_is_an_error_and_leaves_nothing(engine: Engine, change: dict[str, str]) -> None:
    before = held(engine)
    with pytest.raises(EngineError), engine.job(replace(job("true"), **change)):  # type: ignore[arg-type]
        pytest.fail("It started.")
    assert held(engine) == before


def test_a_command_that_does_not_exist_ends_with_127_and_says_so(engine: Engine) -> None:
    output, ended = run(engine, job("no-such-program"))
    assert (b"no-such-program" in output, ended) == (True, Exit(127))


def test_an_upload_that_breaks_off_raises_its_own_error_and_leaves_nothing(engine: Engine) -> None:
    before = held(engine)
    with pytest.raises(OSError, match="the storage went away"), engine.job(job("true"), [Upload("/slipway", broken())]):
        pytest.fail("It started.")
    assert held(engine) == before


def test_an_upload_that_is_no_whole_tar_is_an_error_and_leaves_nothing(engine: Engine) -> None:
    before = held(engine)
    with pytest.raises(EngineError), engine.job(job("true"), [Upload("/slipway", cut())]):
        pytest.fail("It started.")
    assert held(engine) == before


def test_a_job_whose_name_is_taken_is_an_error_and_the_first_one_goes_on(engine: Engine) -> None:
    spec = JobSpec(name="only-one", image=IMAGE, command=("sleep", "infinity"))
    with engine.job(spec) as first:
        with pytest.raises(EngineError), engine.job(spec):
            pytest.fail("There are two.")
        assert [one.ref for one in engine.observe()] == [first.ref]


def test_a_job_without_a_network_has_no_address_and_one_with_it_has(engine: Engine) -> None:
    engine.ensure_network("builds")
    with engine.job(job("sleep", "infinity")), engine.job(job("sleep", "infinity", network="builds")):
        assert sorted(bool(one.address) for one in engine.observe()) == [False, True]
