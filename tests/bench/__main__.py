"""`python -m tests.bench [--rounds N] [NAME…]`: measure the figures of these names, or all of them."""

import argparse
import os
import sys
import time

from tests.bench.bench import Bench
from tests.bench.figures import (
    cold_deploy,
    first_line,
    log_latency,
    log_viewer,
    memory,
    nine_packages,
    pages,
    reconciler,
    redeploy,
    releasing,
    scaling,
)
from tests.bench.measure import HEAD, Figure

# Memory first: that is the platform as it stands after `make up`.
FIGURES = {
    "memory": memory.measure,
    "first-line": first_line.measure,
    "cold-deploy": cold_deploy.measure,
    "redeploy": redeploy.measure,
    "scaling": scaling.measure,
    "nine-packages": nine_packages.measure,
    "releasing": releasing.measure,
    "reconciler": reconciler.measure,
    "pages": pages.measure,
    "log-latency": log_latency.measure,
    "log-viewer": log_viewer.measure,
}


def main() -> None:
    """Measure, print each figure as it comes, and all of them as a table at the end."""
    options = _options()
    figures: list[Figure] = []
    with Bench(options.rounds) as bench:
        say(f"Medians of {options.rounds} rounds by turns; docker builds with {bench.docker.builds_with}.")
        for name in options.names or FIGURES:
            begun, load = time.monotonic(), os.getloadavg()[0]
            found = FIGURES[name](bench)
            figures += found
            for figure in found:
                say(f"\n{figure}")
            took, now = time.monotonic() - begun, os.getloadavg()[0]
            say(f"  ({name}: {took:.0f} s, load {load:.1f} before and {now:.1f} after)")
    say("\n".join(["", HEAD, *(figure.row for figure in figures)]))


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the goals side by side.")
    parser.add_argument("names", nargs="*", choices=[*FIGURES, []], metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
