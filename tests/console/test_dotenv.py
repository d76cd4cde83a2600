"""What people paste from a `.env` file."""

import pytest

from console.dotenv import Unreadable, parse, write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("KEY=plain", "plain"),
        ("export KEY=plain\n", "plain"),
        ("  KEY = spaced out  \n", "spaced out"),
        ("KEY=", ""),
        ("KEY=a=b=c", "a=b=c"),
        ("KEY=a#b", "a#b"),
        ("KEY=a # a comment", "a"),
        ("KEY=  a  # a comment # and more", "a"),
        ("KEY= # a comment", ""),
        ("KEY= #a", ""),
        ("KEY=#a", "#a"),
        ("KEY= 'a'\t# a comment", "a"),
        (f"KEY=a{' ' * 200_000}b", f"a{' ' * 200_000}b"),
        ("KEY='single $HOME # \"kept\"'", 'single $HOME # "kept"'),
        ('KEY="double $HOME \\"quoted\\"\\nnext" # a comment', 'double $HOME "quoted"\nnext'),
        ('KEY="-----BEGIN KEY-----\nabc==\n-----END KEY-----"\n', "-----BEGIN KEY-----\nabc==\n-----END KEY-----"),
        ("KEY='two\nlines'", "two\nlines"),
        ("KEY=$ecret", "$ecret"),
        ("KEY=umlaut ä €", "umlaut ä €"),
        ("# comment\r\n\r\nKEY=windows\r\n", "windows"),
        ("KEY=first\nKEY=second", "second"),
    ],
)
def test_values_come_out_as_they_were_meant(text: str, value: str) -> None:
    assert parse(text) == {"KEY": value}


@pytest.mark.parametrize(("text", "line"), [("no equals sign", 1), ("A=1\n\n=x\n", 3), ('A=1\nB="open\nC=2', 2)])
def test_what_is_no_entry_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "a b",
        "a=b==",
        "it's",
        "both ' and \"",
        "$HOME `id`",
        "a # b",
        "two\nlines\n",
        "win\r\ndows",
        "back\\slash's",
        "ä €",
    ],
)
def test_what_is_written_is_read_back_byte_for_byte(value: str) -> None:
    assert parse(write({"KEY": value, "OTHER": "x"})) == {"KEY": value, "OTHER": "x"}
