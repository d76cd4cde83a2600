"""A checkout of its own for a test of bin/: the real scripts, with settings, data and a Procfile of the test's."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Checkout:
    """A folder whose `bin` is ours; the scripts find everything else beside it."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """The machine's own, without anybody's settings of Slipway."""
        return {key: value for key, value in os.environ.items() if not key.startswith("SLIPWAY_")}

    def bash(self, script: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run lines of bash after what every verb begins with."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"source bin/lib/slipway.sh; {script}"],
            cwd=self.path,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def make(path: Path) -> Checkout:
    (path / "bin").symlink_to(ROOT / "bin")
    (path / "runtimes").symlink_to(ROOT / "runtimes")
    return Checkout(path)
