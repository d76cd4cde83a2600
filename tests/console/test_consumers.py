"""Websockets: who is let in, what they are told, and how it ends."""

from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from console import consumers
from console.asgi import application
from runtimes import bell
from runtimes import journal as journals
from runtimes.models import App, Journal, Membership
from tests.console import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
LOG = "/ws/apps/shop/deploys/1/"


@pytest.fixture
def journal(transactional_db: None, app: App) -> Journal:
    """The journal of the app's first deploy, under way, with three lines."""
    return make.deploy(app, "building", lines=[(0, "one"), (0, "two"), (0, "three")])


@pytest.fixture
def knock(signed_in: Callable[[str], Client]) -> Callable[..., WebsocketCommunicator]:
    """Somebody's websocket, not connected yet."""

    def socket(path: str, person: str = "", origin: str = "http://localhost") -> WebsocketCommunicator:
        cookies = signed_in(person).cookies.output(header="", sep=";").strip()
        headers = [(b"origin", origin.encode()), (b"host", b"localhost"), (b"cookie", cookies.encode())]
        return WebsocketCommunicator(application, path, headers=headers)

    return socket


async def close_code(socket: WebsocketCommunicator) -> int:
    """Connect and wait for the end."""
    assert (await socket.connect())[0]
    return await ended(socket)


async def ended(socket: WebsocketCommunicator) -> int:
    """The code with which it closes, whatever comes before."""
    while True:
        message = await socket.receive_output(timeout=10)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def heard(socket: WebsocketCommunicator, kind: str) -> Any:
    """The next message of a kind."""
    while True:
        message = await socket.receive_json_from(timeout=10)
        if message["t"] == kind:
            return message


@pytest.mark.parametrize(
    ("person", "path", "code"),
    [
        ("", LOG, 4401),
        ("charlie", LOG, 4404),
        ("charlie", "/ws/apps/shop/", 4404),
        ("alice", "/ws/apps/shop/deploys/99/", 4404),
        ("alice", "/ws/apps/nothing/", 4404),
        ("alice", "/ws/elsewhere/", 4404),
        ("", "/ws/apps/", 4401),
    ],
)
async def test_who_may_not_listen_is_told_why(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, person: str, path: str, code: int
) -> None:
    assert await close_code(await database_sync_to_async(knock)(path, person)) == code


async def test_a_page_from_elsewhere_cannot_connect(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    socket = await database_sync_to_async(knock)(LOG, "alice", "https://evil.example")
    assert not (await socket.connect())[0]


async def test_each_line_comes_once_and_in_order(knock: Callable[..., WebsocketCommunicator], journal: Journal) -> None:
    socket = await database_sync_to_async(knock)(LOG, "vera")
    await socket.connect()
    await socket.send_json_to({"since": 1})
    assert (await heard(socket, "hello"))["t"] == "hello"
    first = await heard(socket, "lines")
    assert (first["from"], [row[2] for row in first["l"]]) == (2, ["two", "three"])
    await database_sync_to_async(journals.note)(journal, "four")
    second = await heard(socket, "lines")
    assert (second["from"], [row[2] for row in second["l"]]) == (4, ["four"])
    await socket.disconnect()


async def test_the_end_of_the_log_closes_the_socket(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    await database_sync_to_async(journals.seal)(journal)
    socket = await database_sync_to_async(knock)(LOG, "vera")
    await socket.connect()
    await socket.send_json_to({"since": 0})
    assert len((await heard(socket, "lines"))["l"]) == 3
    assert (await heard(socket, "eof"))["status"] == "building"
    assert await ended(socket) == 1000


@pytest.mark.parametrize("text", ["no json", "[1]", '{"since": 1' + " " * 300 + "}"])
async def test_what_is_no_message_ends_the_conversation(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, text: str
) -> None:
    socket = await database_sync_to_async(knock)(LOG, "vera")
    await socket.connect()
    await socket.send_to(text_data=text)
    assert await ended(socket) == 4400


async def test_a_browser_that_does_not_answer_is_not_flooded(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "BATCH_LINES", 1)
    monkeypatch.setattr(consumers, "UNANSWERED_BATCHES", 2)
    socket = await database_sync_to_async(knock)(LOG, "vera")
    await socket.connect()
    await socket.send_json_to({"since": 0})
    assert [(await heard(socket, "lines"))["from"] for _ in range(2)] == [1, 2]
    assert await socket.receive_nothing(timeout=0.3)
    await socket.send_json_to({"ack": 1})
    assert (await heard(socket, "lines"))["from"] == 3
    await socket.disconnect()


async def test_who_loses_their_role_is_cut_off(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "PING_SECONDS", 0.05)
    socket = await database_sync_to_async(knock)(LOG, "vera")
    await socket.connect()
    await heard(socket, "ping")
    await database_sync_to_async(Membership.objects.filter(user__username="vera").delete)()
    assert await ended(socket) == 4403


async def test_a_ring_becomes_news_for_the_app_and_for_the_list(
    knock: Callable[..., WebsocketCommunicator], app: App, journal: Journal
) -> None:
    for path in ("/ws/apps/shop/", "/ws/apps/"):
        socket = await database_sync_to_async(knock)(path, "vera")
        await socket.connect()
        await heard(socket, "hello")
        await database_sync_to_async(bell.ring)(f"app.{app.pk}")
        assert await heard(socket, "state") == {"t": "state"}
        await socket.disconnect()
