"""Rooms of the driver that can be asked outside of a builder."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).parents[2] / "builds" / "image" / "lib"


# openssl need not be on the machine that runs the tests; it is in the stacks, where slugs are checked as they come.
TOOLS = {tool: path for tool in ("openssl", "sha256sum") if (path := shutil.which(tool))}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_checksum_of_a_slug_is_its_sha_256_whichever_tool_the_stack_has(tool: str, tmp_path: Path) -> None:
    (tmp_path / tool).symlink_to(TOOLS[tool])
    script = f"source {LIB / 'slug.sh'}; slug::checksum"
    bash, env = shutil.which("bash") or "bash", {"PATH": os.fspath(tmp_path)}
    asked = subprocess.run([bash, "-c", script], input=b"a slug", capture_output=True, check=True, env=env)
    checksum, _, rest = asked.stdout.decode().partition(" ")
    assert checksum == hashlib.sha256(b"a slug").hexdigest()
    assert rest.strip(" *\n") in ("-", "stdin")
