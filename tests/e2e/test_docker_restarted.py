"""Docker is restarted in the middle of a deploy; on a daemon of the test's own, and the machine's is left alone."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import PYTHON, ROOT

pytestmark = [
    pytest.mark.docker,
    pytest.mark.e2e,
    pytest.mark.skipif(bool(os.geteuid()) or not shutil.which("dockerd"), reason="Only root starts a Docker daemon."),
]

APART = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
PATIENCE_SECONDS = 400


@pytest.fixture
def folder() -> Iterator[Path]:
    """For all that the daemon keeps; its sockets' paths are not to be longer than 104 characters."""
    made = Path(tempfile.mkdtemp(prefix="slipway-docker-"))
    yield made
    shutil.rmtree(made)


def test_a_deploy_ends_clearly_what_served_comes_back_and_the_next_deploy_is_live(folder: Path) -> None:
    command = [*APART, PYTHON, "-m", "tests.e2e.docker_apart", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout)
    state, step, failure = seen["broken"]
    assert (state, step) == ("failed", "Procfile")
    assert failure.startswith("The platform failed, not your app: "), failure
    assert seen["left"] == []
    assert seen["again"] == ["live", "again"]
    assert seen["ended"] == [], "No worker ends because Redis does."
