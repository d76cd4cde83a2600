"""No secret in a line."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from runtimes.redaction import MASK, Redactor

SECRET = "p@ss wörd/+&=42"
PEM = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG\nw0BAQEFAASCAUAwggE8\n-----END KEY-----\n"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        b64(SECRET),
        b64(SECRET).rstrip("="),
        b64(SECRET + "\n"),
        b64(f"user:{SECRET}"),
        b64(f"me:{SECRET}:more"),
        base64.urlsafe_b64encode(f"???{SECRET}".encode()).decode(),
        json.dumps(SECRET)[1:-1],
    ],
)
def test_a_secret_is_masked_in_every_spelling(shown: str) -> None:
    line = Redactor([SECRET])(f"before {shown} after")
    assert MASK in line
    assert line.startswith("before ")
    assert line.endswith(" after")
    for half in (shown[: len(shown) // 2 + 1], shown[len(shown) // 2 - 1 :]):
        assert half not in line


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert Redactor(["secret", "secret-and-more"])("x secret-and-more y") == f"x {MASK} y"


def test_each_line_of_a_secret_of_several_is_one() -> None:
    redact = Redactor([PEM])
    for line in PEM.splitlines():
        assert redact(f"  {line}") == f"  {MASK}"


def test_a_secret_of_several_lines_is_masked_when_it_is_encoded_as_a_whole() -> None:
    redact = Redactor([PEM])
    assert redact(b64(PEM)) in (MASK, MASK + b64(PEM)[-4:], MASK + b64(PEM)[-3:])
    assert redact(quote(PEM)) == MASK
    for line in base64.encodebytes(PEM.encode()).decode().splitlines()[:-1]:
        assert redact(line) == MASK


def test_windows_line_ends_do_not_hide_a_secret() -> None:
    redact = Redactor(["first-half\r\nsecond-half"])
    assert (redact("first-half"), redact("second-half")) == (MASK, MASK)


def test_a_secret_is_found_without_the_spaces_round_it() -> None:
    assert Redactor(["  indented-secret \nx"])("say indented-secret!") == f"say {MASK}!"


def test_a_secret_with_control_characters_is_found_in_the_cleaned_line() -> None:
    assert Redactor(["abc\x07def-ghi"])("abcdef-ghi") == MASK


def test_a_short_value_is_no_secret() -> None:
    assert Redactor(["true", "8000", ""])("true 8000") == "true 8000"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("https://me:hunter2@host/x", f"https://{MASK}@host/x"),
        ("https://0123456789abcdef0123@host/x", f"https://{MASK}@host/x"),
        (f"token ghp_{'a' * 36}", f"token {MASK}"),
        (f"glpat-{'b' * 20}", MASK),
        ("AKIAIOSFODNN7EXAMPLE", MASK),
        ("Authorization: Bearer abcdefghijklmnop123", f"Authorization: Bearer {MASK}"),
        ("ssh://git@host/repo", "ssh://git@host/repo"),
        ("https://host/path", "https://host/path"),
    ],
)
def test_credentials_are_known_by_their_shape(line: str, shown: str) -> None:
    assert Redactor()(line) == shown


def test_a_redactor_does_not_show_what_it_hides() -> None:
    assert SECRET not in repr(Redactor([SECRET]))
