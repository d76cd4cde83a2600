"""The periodic look over a thousand instances, on the fake engine: our own share of it, without Docker's."""

import json
import subprocess
import tempfile
from typing import Any

from tests.bench.bench import Bench
from tests.bench.measure import Figure, Goal, Samples
from tests.e2e.installation import PYTHON, ROOT

FEW, MANY = 200, 1000


def measure(bench: Bench) -> list[Figure]:
    """Seconds for a thousand, and whether the number of queries grows with the number of instances."""
    few, many = _look(bench, FEW), _look(bench, MANY)
    growth = [one - other for one, other in zip(many["queries"], few["queries"], strict=True)]
    title = f"The reconciler's pass over {MANY} instances (fake engine, {many['queries'][-1]} queries)"
    more = f"Queries more for {MANY} instances than for {FEW}"
    return [
        Figure(title, Samples("Slipway", many["seconds"]), goal=Goal(1, "s")),
        Figure(more, Samples("Slipway", growth, "queries"), goal=Goal(0, "queries")),
    ]


def _look(bench: Bench, instances: int) -> dict[str, Any]:
    """What `many` measured, in a process and a database of its own."""
    with tempfile.TemporaryDirectory() as place:
        password = (bench.installation.data / "redis.password").read_text().strip()
        environment = bench.installation.environment(
            SLIPWAY_DATA=place,
            DATABASE_URL=f"sqlite:///{place}/many.sqlite3",
            SLIPWAY_NAMESPACE=f"{bench.installation.namespace}-many",
            SLIPWAY_REDIS_URL=f"redis://:{password}@127.0.0.1:{bench.installation.redis_port}",
            SLIPWAY_ENGINE="fake",
            SLIPWAY_LOG_LEVEL="ERROR",
        )
        command = [PYTHON, "-m", "tests.bench.many", str(instances), str(bench.rounds)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
