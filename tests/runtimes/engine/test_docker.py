"""What can be seen on a real daemon only."""

import resource
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from runtimes.engine.base import Engine, Exit, Formation, JobSpec, Limits, Upload
from runtimes.engine.docker_client import DockerClient
from runtimes.engine.docker_job import MOST_OUTPUT
from runtimes.engine.docker_restore import sweep
from tests.runtimes.engine.conftest import IMAGE, held, job
from tests.runtimes.engine.tars import tar

pytestmark = pytest.mark.docker
MEGABYTE = 1024 * 1024
DESCRIPTORS = Path("/proc/self/fd")

# Prints open or closed for an address and a port. Comes with the stack's Python.
KNOCK = (
    "import socket, sys; s = socket.socket(); s.settimeout(2);"
    "print('closed' if s.connect_ex((sys.argv[1], 5000)) else 'open')"
)

SLEEPERS = Formation(
    name="shop.production-v1-web",
    process="web",
    image=IMAGE,
    command="exec sleep infinity",
    indexes=(1, 2),
    labels={"slipway.app": "shop"},
    network="apps",
)

UNTIL_OPEN = ("bash", "-c", f'until python3 -c "{KNOCK}" 127.0.0.1 | grep -q open; do sleep 0.1; done')


def run(engine: Engine, spec: JobSpec, *uploads: Upload) -> tuple[bytes, Exit]:
    with engine.job(spec, uploads) as running:
        return b"".join(running.output()), running.wait()


def test_a_job_has_no_capability_and_gets_no_new_one(docker_engine: Engine) -> None:
    output, _ = run(docker_engine, job("cat", "/proc/self/status"))
    status = dict(line.split(":\t", 1) for line in output.decode().splitlines())
    assert {key: status[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "NoNewPrivs")} == {
        "CapInh": "0" * 16,
        "CapPrm": "0" * 16,
        "CapEff": "0" * 16,
        "CapBnd": "0" * 16,
        "NoNewPrivs": "1",
    }


def test_a_job_may_not_have_more_processes_than_its_limit(docker_engine: Engine) -> None:
    line = "for i in $(seq 100); do sleep 1 & done"
    output, _ = run(docker_engine, job("sh", "-c", line, limits=Limits(pids=20)))
    assert b"Cannot fork" in output


def test_the_first_process_of_a_job_reaps_what_others_leave(docker_engine: Engine) -> None:
    assert b"docker-init" in run(docker_engine, job("cat", "/proc/1/cmdline"))[0]


def test_owners_and_modes_are_those_of_the_tar_and_a_made_folder_is_the_users(docker_engine: Engine) -> None:
    line = "stat -c '%u:%g %a %n' /made /made/below /made/below/tool"
    output, _ = run(docker_engine, job("sh", "-c", line), Upload("/made/below", tar({"tool": b""}, mode=0o750)))
    assert output.decode().splitlines() == [
        "0:0 755 /made",
        "1000:1000 755 /made/below",
        "1000:1000 750 /made/below/tool",
    ]


def test_a_volume_over_tmp_keeps_its_mode(docker_engine: Engine) -> None:
    top = "/tmp"
    spec = job("stat", "-c", "%a", top, volumes={"cache": top})
    assert run(docker_engine, spec, Upload(f"{top}/build", tar({})))[0] == b"1777\n"


def test_unnamed_volumes_of_an_image_go_with_the_job(docker_engine: Engine) -> None:
    client = docker.from_env()
    label = f"LABEL slipway.installation={docker_engine.namespace}"
    with docker_engine.job(job("true")) as running:
        image = client.containers.get(running.ref).commit(changes=["VOLUME /data", label])
    with docker_engine.job(JobSpec(name="with-volume", image=str(image.id), command=("true",))) as running:
        (mount,) = client.containers.get(running.ref).attrs["Mounts"]
    with pytest.raises(docker.errors.NotFound):
        client.volumes.get(mount["Name"])


def test_a_restored_slug_keeps_the_settings_of_its_base(docker_engine: Engine) -> None:
    image = docker_engine.restore(secrets.token_hex(32), IMAGE, tar({}))
    kept = ("Entrypoint", "Cmd", "User", "WorkingDir", "Env", "ExposedPorts", "Volumes")
    ours, base = (docker.from_env().images.get(name).attrs["Config"] for name in (image, IMAGE))
    assert {key: ours.get(key) for key in kept} == {key: base.get(key) for key in kept}


def test_a_slug_with_a_profile_script_runs_by_the_run_images_entry(docker_engine: Engine) -> None:
    image = docker_engine.restore(secrets.token_hex(32), IMAGE, tar({".profile.d/color.sh": b"export COLOR=blue\n"}))
    formation = Formation(name="app", process="web", image=image, command="echo $COLOR $PWD $(id -u)", indexes=(1,))
    (one,) = docker_engine.apply(formation)
    assert [line for _, line in docker_engine.lines(one.ref, follow=True)] == [b"blue /app 1000"]


@pytest.mark.parametrize(("isolated", "answer"), [(True, b"closed\n"), (False, b"open\n")])
def test_neighbours_in_an_isolated_network_do_not_reach_each_other(
    docker_engine: Engine,
    isolated: bool,
    answer: bytes,
) -> None:
    docker_engine.ensure_network("builds", isolated=isolated)
    listener = job("python3", "-m", "http.server", "5000", network="builds", labels={"role": "listener"})
    with docker_engine.job(listener) as running:
        (seen,) = docker_engine.observe({"role": "listener"})
        assert docker_engine.exec(running.ref, UNTIL_OPEN) == (0, "")
        assert run(docker_engine, job("python3", "-c", KNOCK, seen.address, network="builds"))[0] == answer


def test_a_network_that_was_open_is_isolated_as_soon_as_nothing_is_in_it(docker_engine: Engine) -> None:
    docker_engine.ensure_network("builds")
    with docker_engine.job(job("sleep", "60", network="builds")) as running:
        docker_engine.ensure_network("builds", isolated=True)
        assert docker_engine.exec(running.ref, ("true",)) == (0, "")
        assert not is_isolated(docker_engine)
    docker_engine.ensure_network("builds", isolated=True)
    assert is_isolated(docker_engine)


def is_isolated(engine: Engine) -> bool:
    """What Docker says of the builders' network."""
    network = docker.from_env().networks.get(f"{engine.namespace}-builds")
    return bool(network.attrs["Options"].get("com.docker.network.bridge.enable_icc") == "false")


def test_neighbours_in_different_networks_do_not_reach_each_other(docker_engine: Engine) -> None:
    docker_engine.ensure_network("builds")
    docker_engine.ensure_network("platform")
    listener = job("python3", "-m", "http.server", "5000", network="platform", labels={"role": "listener"})
    with docker_engine.job(listener) as running:
        (seen,) = docker_engine.observe({"role": "listener"})
        assert docker_engine.exec(running.ref, UNTIL_OPEN) == (0, "")
        assert run(docker_engine, job("python3", "-c", KNOCK, seen.address, network="builds"))[0] == b"closed\n"


def test_of_what_a_command_writes_without_end_only_the_end_is_held(docker_engine: Engine) -> None:
    with docker_engine.job(job("sleep", "60")) as running:
        code, output = docker_engine.exec(running.ref, ("sh", "-c", "head -c 3000000 /dev/zero; echo end; exit 3"))
    assert (code, len(output), output[-4:]) == (3, MOST_OUTPUT, "end\n")


def test_a_job_may_be_given_more_cpus_than_the_machine_has(docker_engine: Engine) -> None:
    assert run(docker_engine, job("true", limits=Limits(cpus=1000.0)))[1] == Exit(0)


def test_a_large_upload_and_a_large_output_leave_the_memory_flat(docker_engine: Engine) -> None:
    size = 128 * MEGABYTE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with docker_engine.job(job("cat", "/slipway/large"), [Upload("/slipway", _large(size))]) as running:
        assert (sum(map(len, running.output())), running.wait()) == (size, Exit(0))
        assert sum(map(len, running.read("/slipway/large"))) > size
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kilobytes < 32 * 1024


def test_jobs_leave_no_connection_open(docker_engine: Engine) -> None:
    run(docker_engine, job("true"))
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(5):
        run(docker_engine, job("true"))
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_what_a_killed_restore_left_is_swept_and_nothing_else(
    docker_engine: Engine, docker_client: DockerClient
) -> None:
    docker_client.namespace = docker_engine.namespace
    label = {"slipway.installation": docker_engine.namespace}
    docker_engine.restore(secrets.token_hex(32), IMAGE, tar({}))
    docker_engine.apply(Formation(name="app", process="web", image=IMAGE, command="exec sleep infinity", indexes=(1,)))
    kept = held(docker_engine)
    client = docker.from_env()
    left = client.containers.create(IMAGE, labels=label | {"slipway.kind": "restore"})
    left.commit(changes=["LABEL slipway.kind=slug"])
    sweep(docker_client, older_than=-60)
    assert held(docker_engine) == kept


def test_two_networks_of_one_name_become_one(docker_engine: Engine) -> None:
    client, labels = docker.from_env(), {"slipway.installation": docker_engine.namespace}
    for _ in range(2):
        client.networks.create(f"{docker_engine.namespace}-apps", labels=labels, check_duplicate=False)
    docker_engine.ensure_network("apps")
    assert len(held(docker_engine)["networks"]) == 1


def _large(size: int) -> Iterator[bytes]:
    """Give a tar stream of one file of `size` bytes without ever holding it."""
    member = tarfile.TarInfo("large")
    member.size, member.mode = size, 0o644
    yield member.tobuf()
    for _ in range(size // MEGABYTE):
        yield bytes(MEGABYTE)
    yield bytes(1024)


def test_a_running_instance_is_looked_at_once(docker_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand would be a thousand questions every ten seconds."""
    docker_engine.ensure_network("apps")
    docker_engine.apply(SLEEPERS)
    before = docker_engine.observe()
    looks = _looks(monkeypatch)
    assert docker_engine.observe() == docker_engine.observe({"slipway.app": "shop"}) == before
    assert [one.state for one in before] == ["up", "up"]
    assert not looks


def test_one_that_was_started_anew_by_hand_is_looked_at_again(
    docker_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_engine.ensure_network("apps")
    docker_engine.apply(SLEEPERS)
    before = docker_engine.observe()
    docker.from_env().containers.get(before[0].ref).restart(timeout=0)
    looks = _looks(monkeypatch)
    again, other = docker_engine.observe()
    assert looks == [before[0].ref]
    assert other == before[1]
    assert again.started_at != before[0].started_at


def test_of_one_that_ended_nothing_is_remembered(docker_engine: Engine) -> None:
    docker_engine.ensure_network("apps")
    docker_engine.apply(SLEEPERS)
    first, second = docker_engine.observe()
    docker.from_env().containers.get(first.ref).kill()
    assert [(one.state, one.exit_code) for one in docker_engine.observe()] == [("exited", 137), ("up", None)]
    docker.from_env().containers.get(second.ref).remove(force=True)
    assert [one.ref for one in docker_engine.observe()] == [first.ref]


def _looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The containers that are asked about closely from now on."""
    asked: list[str] = []
    inspect = docker.APIClient.inspect_container

    def noted(client: docker.APIClient, ref: str) -> object:
        asked.append(ref)
        return inspect(client, ref)

    monkeypatch.setattr(docker.APIClient, "inspect_container", noted)
    return asked
