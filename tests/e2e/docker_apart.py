"""An installation on a Docker daemon of its own, which is restarted in the middle of a build.

    unshare --net --mount --pid --fork --mount-proc --kill-child python -m tests.e2e.docker_apart FOLDER

So its networks, mounts and processes are nobody else's, and end with it. What was seen is printed as JSON.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests.e2e import litter
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive

IMAGES = ("slipway/redis", "slipway/caddy", "slipway/debian-12:build", "slipway/debian-12:run")
APP = "sturdy"
# An app that no buildpack fetches anything for: nothing can be reached from here.
PROCFILE = "web: exec python3 -m http.server $PORT --bind 0.0.0.0\n"
WAITS = "#!/bin/sh\necho 'It is being built.'\nexec sleep 600\n"


class Daemon:
    """Use it as a context; `address` is for DOCKER_HOST."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, f"unix://{folder}/docker.sock"

    def __enter__(self) -> "Daemon":
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def restart(self) -> None:
        """As the machine's administrator would: all containers end, and those that shall are started again."""
        self._stop()
        self._start()

    def load(self, *images: str) -> None:
        """Take images over from the machine's daemon."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saving:
            subprocess.run(
                ["docker", "--host", self.address, "load", "--quiet"],
                stdin=saving.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )

    def _start(self) -> None:
        places = [f"--{name}={self.folder / name}" for name in ("data-root", "exec-root", "pidfile")]
        with (self.folder / "log").open("ab") as log:
            command = ["dockerd", f"--host={self.address}", *places]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while subprocess.run(["docker", "--host", self.address, "info"], capture_output=True, check=False).returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def app(text: str, **files: str) -> bytes:
    return archive({"Procfile": PROCFILE, "page.txt": text} | files)


def answer(somebody: Person) -> str:
    """What the app says; nothing while nobody is at its address."""
    with suppress(requests.ConnectionError):
        status, text = somebody.open(APP, "/page.txt")
        return text if status == 200 else ""
    return ""


def see(installation: Installation, daemon: Daemon) -> dict[str, Any]:
    """Restart Docker while a deploy builds; return how that ended, what was left, and how another one ended."""
    admin = Person(installation)
    first = admin.wait(APP, admin.create_and_deploy(APP, app("first")))
    assert first.state == "live", first
    number = admin.deploy(APP, app("never", **{"bin/pre-compile": WAITS}))
    admin.until(lambda: any("It is being built." in text for _, _, text in admin.lines(APP, number)))
    daemon.restart()
    admin.until(lambda: answer(admin) == "first")
    broken = admin.wait(APP, number)
    left = litter.of(installation)
    again = admin.wait(APP, admin.deploy(APP, app("again")))
    return {
        "broken": [broken.state, broken.failed_step, broken.failure],
        "left": left,
        "again": [again.state, answer(admin)],
        "ended": installation.ended(),
    }


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with Daemon(Path(sys.argv[1])) as own:
        own.load(*IMAGES)
        os.environ["DOCKER_HOST"] = own.address
        with Installation() as here:
            found = see(here, own)
        print(json.dumps(found))  # noqa: T201
