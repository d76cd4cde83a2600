"""What the platform itself takes while nothing happens."""

import subprocess
import time
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples

REST_SECONDS = 10
CONTAINERS = ("redis", "router")


def measure(bench: Bench) -> list[Figure]:
    """The resident memory of the Procfile's processes and the platform's containers, as the kernel counts it."""
    samples: list[dict[str, float]] = []
    for _ in range(bench.rounds):
        time.sleep(REST_SECONDS)
        samples.append(_now(bench))
    totals = [sum(sample.values()) for sample in samples]
    said = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in samples[-1].items())
    return [Figure(f"Idle memory ({said} MB)", Samples("Slipway", totals, "MB"), goal=Goal(400, "MB"))]


def _now(bench: Bench) -> dict[str, float]:
    """Megabytes by process of the Procfile and by container."""
    leaders = bench.installation.leaders
    found = {name: sum(map(_resident, _session(pid))) for name, pid in leaders.items()}
    for name in CONTAINERS:
        found[name] = sum(map(_resident, _inside(f"{bench.installation.namespace}-{name}")))
    return found


def _session(leader: int) -> list[int]:
    """The process ids of a session."""
    return [pid for pid in _all() if _stat(pid, 3) == str(leader)]


def _inside(container: str) -> list[int]:
    """The process ids of a container, on the host's side."""
    said = subprocess.run(["docker", "top", container, "-eo", "pid"], capture_output=True, text=True, check=True)
    return [int(line) for line in said.stdout.split()[1:]]


def _all() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _stat(pid: int, field: int) -> str:
    """A field of /proc/PID/stat counted behind the command's name; empty if the process is gone. See proc(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[field]
    except OSError:
        return ""


def _resident(pid: int) -> float:
    """VmRSS in MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)
