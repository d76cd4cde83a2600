"""No secret in a line."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from runtimes.redaction import MASK, Redactor, redact_command, typed_secrets

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


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ('curl -H "Authorization: Basic YWxpY2U6eA==" x', 'curl -H "Authorization: Basic [redacted]" x'),
        ("curl -H 'authorization: token abc' x", "curl -H 'authorization: token [redacted]' x"),
        ("curl -H 'Authorization: abcdefgh' x", "curl -H 'Authorization: [redacted]' x"),
        ('curl -H "Authorization: Bearer abc.def" x', 'curl -H "Authorization: Bearer [redacted]" x'),
        ("curl -H 'X-Api-Key: abc' x", "curl -H 'X-Api-Key: [redacted]' x"),
        ("curl -u ana:abc x", "curl -u ana:[redacted] x"),
        ("curl --user 'ana:a b' x", "curl --user 'ana:[redacted]' x"),
        ("PGPASSWORD=abc psql", "PGPASSWORD=[redacted] psql"),
        ("export SECRET_KEY='a b' && x", "export SECRET_KEY='[redacted]' && x"),
        ("x --password abc --verbose", "x --password [redacted] --verbose"),
        ("x --password=abc", "x --password=[redacted]"),
        ('x --api-token "a b"', 'x --api-token "[redacted]"'),
        ("curl 'https://h/?token=abc&page=2'", "curl 'https://h/?token=[redacted]&page=2'"),
        ("psql postgres://u:abc@db/x", "psql postgres://[redacted]@db/x"),
        ("echo one-of-the-config", "echo [redacted]"),
    ],
)
def test_what_is_typed_as_a_secret_is_not_shown(command: str, shown: str) -> None:
    assert redact_command(command, ["one-of-the-config"]) == shown


@pytest.mark.parametrize(
    "command",
    [
        "python manage.py migrate --noinput",
        'curl -H "Authorization: Bearer $TOKEN" x',
        "PGPASSWORD=$PGPASSWORD psql -U ana",
        "x --password-file /run/x --verbose",
        "manage.py changepassword ana",
        "TOKENIZERS_PARALLELISM=false x",
        "docker run -u 1000 x; ls --token-types",
        "curl -H 'Content-Type: application/json' -u ana x",
    ],
)
def test_what_names_no_secret_is_shown_as_it_is(command: str) -> None:
    assert redact_command(command) == command


def test_what_is_typed_as_a_secret_is_one_in_the_output_too() -> None:
    redact = Redactor(typed_secrets("curl -v -H 'Authorization: Basic YWxpY2U6eA=='"))
    assert redact("> Authorization: Basic YWxpY2U6eA==") == f"> Authorization: Basic {MASK}"
