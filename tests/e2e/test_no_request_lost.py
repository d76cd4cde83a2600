"""Under a steady load an app is deployed, configured, scaled, restarted and rolled back: nobody notices.

No time is measured here: the load has keep-alive, websockets and a long poll (`load`), and what counts is that no
request failed and that no websocket ended before the app itself, told by SIGTERM, said goodbye.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.installation import PYTHON, ROOT, Installation
from tests.e2e.person import PATIENCE_SECONDS, POLL_SECONDS, Person
from tests.e2e.sources import archive

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "talker"
UP = """SELECT instance.* FROM runtimes_instance AS instance
JOIN runtimes_release AS release ON instance.release_id = release.id
JOIN runtimes_environment AS environment ON release.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id WHERE app.name = ? AND instance.state != 'down'"""


def source(text: str) -> bytes:
    """The talking app with this text."""
    code = Path(__file__).with_name("talker.py").read_text()
    procfile = "web: exec python talker.py\n"
    return archive({"requirements.txt": "", "Procfile": procfile, "index.html": text, "talker.py": code})


@pytest.fixture(scope="module")
def talker(installation: Installation, admin: Person) -> Iterator[str]:
    """The app as it serves its first release."""
    assert admin.wait(APP, admin.create_and_deploy(APP, source("first"))).state == "live"
    settle(installation, 1)
    yield APP
    assert installation.manage("destroyapp", APP, "--yes").returncode == 0


def settle(installation: Installation, count: int, is_it: Callable[[str], bool] = lambda _: True) -> None:
    """Wait until this many instances are there, each up and as it shall be, and no other any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        there = [(row["state"], row["ref"]) for row in installation.rows(UP, APP)]
        if len(there) == count and all(state == "up" and is_it(ref) for state, ref in there):
            return
        assert time.monotonic() < deadline, f"Not {count} up: {there}"
        time.sleep(POLL_SECONDS)


def do(installation: Installation, *command: str) -> None:
    """A management command that must succeed."""
    done = installation.manage(*command)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def load(installation: Installation) -> Iterator[dict[str, Any]]:
    """A load inside; afterwards what it saw."""
    command = [PYTHON, "-m", "tests.e2e.load", f"{APP}.localhost", str(installation.apps_port)]
    seen: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            yield seen
            assert process.poll() is None, "The load ended by itself, before what it was for."
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
            seen |= json.loads(said)
        finally:
            process.kill()


def test_no_request_and_no_websocket_is_lost_whatever_is_changed(
    installation: Installation, admin: Person, talker: str
) -> None:
    with load(installation) as seen:
        assert admin.wait(APP, admin.deploy(APP, source("second"))).state == "live"
        settle(installation, 1)
        do(installation, "setconfig", APP, "COLOUR=blue")
        settle(installation, 1)
        do(installation, "scale", APP, "web=3")
        settle(installation, 3)
        before = {row["ref"] for row in installation.rows(UP, APP)}
        do(installation, "restart", APP)
        settle(installation, 3, lambda ref: ref not in before)
        do(installation, "scale", APP, "web=1")
        settle(installation, 1)
        do(installation, "rollback", APP, "v1")
        settle(installation, 1)
    check_nobody_noticed(seen)
    expected = {"first plain web.1", "second plain web.1", *(f"second blue web.{n}" for n in (1, 2, 3))}
    assert seen["answers"].keys() >= expected, "Not every instance of every release had its share of the load."
    assert seen["polls"]
    assert seen["goodbyes"], "No websocket was open on an instance that went."


def test_no_request_and_no_websocket_is_lost_when_other_apps_and_domains_come_and_go(
    installation: Installation, admin: Person, talker: str
) -> None:
    settle(installation, 1)
    with load(installation) as seen:
        assert admin.wait("other", admin.create_and_deploy("other", source("other"))).state == "live"
        do(installation, "adddomain", "other", "other.example.org")
        wait_for(installation, "other.example.org", 200)
        do(installation, "adddomain", APP, "talker.example.org")
        wait_for(installation, "talker.example.org", 200)
        do(installation, "removedomain", APP, "talker.example.org")
        wait_for(installation, "talker.example.org", 404)
        do(installation, "destroyapp", "other", "--yes")
        wait_for(installation, "other.localhost", 404)
    check_nobody_noticed(seen)
    assert seen["polls"]


def check_nobody_noticed(seen: dict[str, Any]) -> None:
    rate = seen["requests"] / seen["seconds"]
    print(f"{seen['requests']} requests of {seen['asked']} in {seen['seconds']:.1f} s, {rate:.0f} a second")  # noqa: T201
    assert seen["requests"] >= seen["asked"] > 0, "The load was lighter than it was to be."
    assert seen["failures"] == []
    assert seen["cut"] == []
    assert seen["repeated"] == 0, "A connection that was kept was closed under a request."


def wait_for(installation: Installation, host: str, status: int) -> None:
    """Wait until the router answers so for a host."""
    deadline, address = time.monotonic() + PATIENCE_SECONDS, f"http://127.0.0.1:{installation.apps_port}/"
    with requests.Session() as session:
        session.trust_env = False
        while (got := session.get(address, headers={"Host": host}, timeout=30).status_code) != status:
            assert time.monotonic() < deadline, f"{host} answers {got}"
            time.sleep(POLL_SECONDS)
