"""Log text without its terminal codes, for downloads, search and pages without a script.

The browser's twin, which keeps the colours, is `static/console/ansi.js`. Codes: ECMA-48 (CSI, OSC, SGR).
"""

import re

_ESCAPES = re.compile(
    r"""
      \x1b\[ [0-?]* [ -/]* [@-~]             # CSI: colours, cursor moves
    | \x1b[\]PX^_] .*? (?: \x07 | \x1b\\ | $ )  # OSC and other strings a terminal obeys
    | \x1b [ -/]* [0-~]?                        # every other escape, and a lone one
    """,
    re.VERBOSE,
)

# They make text read otherwise than it is (CVE-2021-42574): shown, not obeyed.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without terminal codes, with what would turn its direction made visible."""
    return _BIDI.sub(lambda match: f"\\u{ord(match[0]):04x}", _ESCAPES.sub("", text))
