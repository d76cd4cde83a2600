"""A build that prints more than anybody reads, and what no log can show: it ends well, and its log stays readable.

It prints 64 MiB, well above what is kept; `SLIPWAY_TEST_FLOOD=1024` makes it a whole GiB.
"""

import os

import pytest

from tests.e2e import litter
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "loud"
MEBIBYTES = int(os.environ.get("SLIPWAY_TEST_FLOOD", "64"))
KEPT = 200_000
LONGEST = 8_100

HOOK = f"""#!/usr/bin/env python3
import sys
out = sys.stdout.buffer
out.write(b"invalid \\xff\\xfe bytes\\nnul \\0 byte\\n10%\\r55%\\r100%\\n\\x1b]0;title\\x07quiet\\n")
out.write(b"x" * 10 * 1024**2 + b"\\n")
for _ in range({MEBIBYTES}):
    out.write((b"y" * 63 + b"\\n") * 16384)
out.write(b"the last words of the hook\\n")
"""


def test_a_flood_of_output_ends_in_a_log_that_can_be_read(installation: Installation, admin: Person) -> None:
    source = archive(pages("Loud, but well") | {"bin/post-compile": HOOK})
    outcome = admin.wait(APP, admin.create_and_deploy(APP, source))
    assert (outcome.state, outcome.failure) == ("live", "")
    for line in ("invalid \ufffd\ufffd bytes", "nul  byte", "100%", "quiet", "the last words of the hook"):
        assert line in outcome.lines, line
    (cut,) = (line for line in outcome.lines if line.startswith("xxx"))
    assert cut.endswith("(the rest of this line was cut)")
    assert max(map(len, outcome.lines)) < LONGEST
    (note,) = (line for line in outcome.lines if "lines left out here" in line)
    left_out = int(note.split()[1])
    assert outcome.lines.count("y" * 63) + left_out == MEBIBYTES * 16384
    assert len(outcome.lines) <= KEPT + 100
    assert "is live at" in outcome.lines[-1]
    assert admin.open(APP) == (200, "Loud, but well")
    assert not litter.of(installation)
