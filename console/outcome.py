"""What the box above a failed deploy's log says: the last words of what failed, and what to do."""

from collections.abc import Sequence
from typing import Any

from builds import hints
from builds.deploys import Deploy
from builds.patterns import Numbered
from console.ansi import plain
from runtimes.journal import Line

LAST_WORDS = 10
LOOKED_AT = 1_000  # further back nobody looks


def of(deploy: Deploy, lines: Sequence[Line]) -> dict[str, Any]:
    """`last_words` and `advice` of a failed deploy whose log ends with these lines; one query."""
    failed = deploy.failed_step
    said = [Numbered(line.number, plain(line.text)) for line in lines if failed is None or line.step == failed.position]
    others = [Numbered(line.number, plain(line.text)) for line in lines if failed and line.step != failed.position]
    advice = hints.advise(hints.facts(deploy), said, others)
    return {"last_words": [line.text for line in said[-LAST_WORDS:]], "advice": advice}
