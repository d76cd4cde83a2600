"""Log text without terminal codes."""

import pytest

from console.ansi import plain


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("nothing to do", "nothing to do"),
        ("\x1b[32mgreen\x1b[0m and \x1b[38;2;1;2;3mtrue\x1b[m", "green and true"),
        ("\x1b[38:2::1:2:3mcolons\x1b[0m", "colons"),
        ("\x1b[2K\x1b[1Gprogress", "progress"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;a title without its end", ""),
        ("a lone \x1b", "a lone "),
        ("\x1b(Bcharset", "charset"),
        ("if \u202ereversed\u202c", "if \\u202ereversed\\u202c"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_text_stays_and_codes_go(raw: str, text: str) -> None:
    assert plain(raw) == text
