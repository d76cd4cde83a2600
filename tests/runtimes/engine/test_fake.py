"""What the fake engine can do beyond the contract, so that tests can steer it."""

import http.client
import socket

import pytest

from runtimes.engine.base import Exit, Formation, JobSpec
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from tests.runtimes.engine.tars import untar

IMAGE = "slipway/debian-12:run"


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine("slipway-test")


def line(fake: FakeEngine, text: str) -> tuple[bytes, Exit]:
    with fake.job(JobSpec(name="job", image=IMAGE, command=("sh", "-c", text), env={"COLOR": "red"})) as running:
        return b"".join(running.output()), running.wait()


def web(command: str) -> Formation:
    return Formation(name="app", process="web", image=IMAGE, command=command, indexes=(1,), network="apps", port=5000)


@pytest.mark.parametrize(
    ("text", "output", "code"),
    [
        ("echo $COLOR ${COLOR}s \"$COLOR a\" '$COLOR' $NONE", b"red reds red a $COLOR \n", 0),
        ("false; echo $?", b"1\n", 0),
        ("echo one\necho two", b"one\ntwo\n", 0),
        ("echo kept > /app/file; cat /app/file", b"kept\n", 0),
        ("exit 3; echo never", b"", 3),
        ("exec false; echo never", b"", 1),
        ("", b"", 0),
    ],
)
def test_a_line_means_what_it_means_to_a_shell(fake: FakeEngine, text: str, output: bytes, code: int) -> None:
    assert line(fake, text) == (output, Exit(code))


@pytest.mark.parametrize(
    "text", ["echo a | cat", "true && false", "echo `id`", "(true)", "echo $(id)", "true &", "echo *"]
)
def test_what_the_fake_does_not_know_it_refuses(fake: FakeEngine, text: str) -> None:
    output, ended = line(fake, text)
    assert (b"does not know" in output, ended) == (True, Exit(2))


def test_a_test_may_hand_in_a_program_that_leaves_files(fake: FakeEngine) -> None:
    def builder(process: Process) -> int:
        process.write(b"-----> " + process.env["STACK"].encode() + b"\n")
        process.files.write("/slipway/out/slug", b"slug")
        return 0

    fake.world.programs["/usr/local/lib/slipway/build"] = builder
    spec = JobSpec(name="build", image=IMAGE, command=("/usr/local/lib/slipway/build",), env={"STACK": "heroku-22"})
    with fake.job(spec) as running:
        assert (b"".join(running.output()), running.wait()) == (b"-----> heroku-22\n", Exit(0))
        assert untar(running.read("/slipway/out/slug")) == {"slug": b"slug"}


def test_an_instance_that_serves_answers_at_its_own_address_until_it_is_stopped(fake: FakeEngine) -> None:
    fake.ensure_network("apps")
    (one,) = fake.apply(web("sleep 0; serve"))
    connection = http.client.HTTPConnection(_open(one.address), 5000, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"web.1"
    connection.close()
    fake.stop([one.ref])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((one.address, 5000), timeout=5)


def test_a_restart_of_the_daemon_ends_everything_and_applying_brings_it_back(fake: FakeEngine) -> None:
    fake.ensure_network("apps")
    (before,) = fake.apply(web("sleep infinity"))
    fake.world.restart()
    (ended,) = fake.observe()
    (again,) = fake.apply(web("sleep infinity"))
    assert (ended.state, ended.exit_code, again.state, again.ref) == ("exited", 137, "up", before.ref)


def _open(address: str) -> str:
    """Return the address when something listens there."""
    for _ in range(1000):
        with socket.socket() as knock:
            if not knock.connect_ex((address, 5000)):
                return address
    pytest.fail("Nothing listens.")
