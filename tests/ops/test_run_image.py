"""slipway-run keeps the runtime contract of buildpacks, in the real run image."""

import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.docker
STACK = "slipway/debian-12:run"


def docker(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=False, timeout=60)


@pytest.fixture
def name() -> Iterator[str]:
    name = f"slipway-ops-{uuid.uuid4().hex[:8]}"
    yield name
    docker("rm", "--force", name)


def slug(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.uid, member.gid, member.mode = len(content.encode()), 1000, 1000, 0o644
            tar.addfile(member, io.BytesIO(content.encode()))
    return buffer.getvalue()


def run(name: str, command: str, files: dict[str, str], *options: str) -> tuple[int, str]:
    assert docker("create", "--name", name, *options, STACK, command).returncode == 0
    assert docker("cp", "-", f"{name}:/app", stdin=slug(files)).returncode == 0
    done = docker("start", "--attach", name)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_profile_scripts_are_sourced_in_name_order_in_app_and_profile_comes_last(name: str) -> None:
    files = {
        ".profile.d/b.sh": 'SAID="${SAID}b:${PWD} "\n',
        ".profile.d/a.sh": 'export SAID="a "\nreturn 0\nSAID=never\n',
        ".profile": 'SAID="${SAID}last"\n',
    }
    assert run(name, 'echo "${SAID}"', files) == (0, "a b:/app last\n")


def test_a_command_keeps_its_quotes_and_expands_its_variables(name: str) -> None:
    assert run(name, """printf '%s|' "a  b" "$PORT" 'c $d'""", {}, "--env", "PORT=5000") == (0, "a  b|5000|c $d|")


def test_a_failing_profile_script_does_not_keep_the_app_from_starting(name: str) -> None:
    assert run(name, "echo started", {".profile.d/a.sh": "false\n"}) == (0, "started\n")


def test_the_commands_exit_status_is_the_containers(name: str) -> None:
    assert run(name, "exit 43", {})[0] == 43


def test_the_command_takes_the_place_of_the_shell_so_that_signals_reach_it(name: str) -> None:
    assert run(name, "cat /proc/1/comm", {}) == (0, "cat\n")


def test_it_runs_as_the_user_whose_the_app_is(name: str) -> None:
    assert run(name, "touch written && stat -c '%U %u' written && echo $HOME", {}) == (0, "slipway 1000\n/app\n")
