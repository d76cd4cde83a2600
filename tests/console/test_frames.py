"""What goes out by websocket is framed as RFC 6455 says, and no byte overtakes another."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.tcp import Connection

from console import frames

MUCH = "line of a log " * 500_000


class Reactor:
    """Knows who wants to write."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, writer: Any) -> None:  # noqa: N802 - Twisted's names
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers.discard(writer)


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection of the reactor's, and the browser's end of it."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    connection = Connection(ours, None, Reactor())  # type: ignore[arg-type]
    connection.connected = True
    yield connection, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize(("length", "head"), [(125, "817d"), (126, "817e007e"), (2**16, "817f0000000000010000")])
def test_a_text_is_one_frame_that_says_how_long_it_is(length: int, head: str) -> None:
    assert frames.frame("x" * length) == bytes.fromhex(head) + b"x" * length


def test_a_frame_counts_bytes_and_not_characters() -> None:
    assert frames.frame("°C") == bytes([0x81, 3]) + "°C".encode()


def test_what_the_kernel_takes_is_there_at_once(ends: tuple[Connection, socket.socket]) -> None:
    connection, browser = ends
    frames.write(connection, b"first")
    assert browser.recv(100) == b"first"
    assert not connection.reactor.writers


def test_what_the_kernel_does_not_take_waits_and_nothing_overtakes_it(ends: tuple[Connection, socket.socket]) -> None:
    connection, browser = ends
    frames.write(connection, MUCH.encode())
    frames.write(connection, b"last")
    assert connection.reactor.writers == {connection}
    got = b""
    while not got.endswith(b"last"):
        got += browser.recv(2**20)
        connection.doWrite()  # type: ignore[no-untyped-call]
    assert got == MUCH.encode() + b"last"
    assert not connection.reactor.writers


def test_a_broken_connection_is_left_to_the_reactor(ends: tuple[Connection, socket.socket]) -> None:
    connection, browser = ends
    browser.close()
    frames.write(connection, b"nobody hears")
    assert connection.reactor.writers == {connection}
