"""A shell in the browser: its pages, and its socket from the browser's side to the controller's."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.urls import path
from pytest_django import Settings

from console.asgi import application
from console.consumers.shell import ShellSocket
from runtimes import bridge, shell, wire
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Membership, Shell
from tests import factories as rows
from tests.console import factories as make

PATIENCE_SECONDS = 20


@pytest.fixture
def shop(team: Any, engine: FakeEngine) -> App:
    """An app whose release can be started."""
    made = make.app("shop", team)
    rows.release(made.production, "live", config={"COLOUR": "red"})
    return made


def test_a_shell_is_asked_for_and_its_terminal_opens_at_once(shop: App, alice: Client) -> None:
    answer = alice.post("/apps/shop/shells/open", {})
    opened = Shell.objects.get()
    assert answer.headers["Location"] == f"/apps/shop/shells/{opened.pk}/"
    assert opened.created_by == make.known("alice")
    assert f'data-socket="/ws/apps/shop/shells/{opened.pk}/"' in alice.get(answer.headers["Location"]).content.decode()


def test_another_admin_sees_that_it_is_open_and_gets_no_terminal(shop: App, alice: Client) -> None:
    opened = make.shell(shop, make.known("root"), "open")
    page = alice.get(f"/apps/shop/shells/{opened.pk}/").content.decode()
    assert "This shell is that of root" in page
    assert "data-socket" not in page


def test_switched_off_it_says_how_to_switch_it_on(shop: App, alice: Client, settings: Settings) -> None:
    settings.SHELL = False
    page = alice.get("/apps/shop/shells/").content.decode()
    assert "SLIPWAY_SHELL=true" in page
    assert "Open shell" not in page
    assert "switched off" in alice.post("/apps/shop/shells/open", follow=True).content.decode()
    assert not Shell.objects.exists()


def test_who_had_a_shell_when_and_in_what_stays_on_the_page(shop: App, alice: Client) -> None:
    make.shell(shop, make.known("root"), instance="web.1", ending="It ended with exit status 0.")
    page = alice.get("/apps/shop/shells/").content.decode()
    for words in ("web.1", "by root", "It ended with exit status 0."):
        assert words in page


class Browser:
    """One side of a socket."""

    def __init__(self, talk: WebsocketCommunicator) -> None:
        self.talk, self.seen = talk, b""

    async def type(self, text: str) -> None:
        await self.talk.send_to(bytes_data=text.encode())

    async def see(self, wanted: str, *, answering: bool = True) -> None:
        """Read until these words came, and answer."""
        while wanted.encode() not in self.seen:
            message = await self.talk.receive_output(timeout=PATIENCE_SECONDS)
            assert message["type"] == "websocket.send", message
            if message.get("bytes"):
                self.seen += message["bytes"]
            if message.get("bytes") and answering:
                await self.talk.send_json_to({"ack": 1})

    async def closed(self) -> int:
        """The code with which it closes."""
        while True:
            message = await self.talk.receive_output(timeout=PATIENCE_SECONDS)
            if message["type"] == "websocket.close":
                return int(message["code"])


Open = Callable[..., Any]


@pytest.fixture
def knock(signed_in: Callable[[str], Client]) -> Callable[..., Any]:
    """Somebody's socket to a shell, connected."""

    async def knocking(
        pk: int, person: str | Client = "alice", origin: str = "http://localhost", to: Any = application
    ) -> Any:
        client = person if isinstance(person, Client) else await database_sync_to_async(signed_in)(person)
        cookies = client.cookies.output(header="", sep=";").strip()
        headers = [(b"origin", origin.encode()), (b"host", b"localhost"), (b"cookie", cookies.encode())]
        talk = WebsocketCommunicator(to, f"/ws/apps/shop/shells/{pk}/", headers=headers)
        return Browser(talk), (await talk.connect())[0]

    return knocking


@pytest.fixture
def open_shell(shared_db: None, shop: App, monkeypatch: pytest.MonkeyPatch) -> Open:
    """A shell that the controller carries while the context lasts."""
    monkeypatch.setattr(bridge, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(bridge, "RETURN_SECONDS", 0.3)

    @asynccontextmanager
    async def opened(person: str = "alice") -> AsyncIterator[Shell]:
        made = await database_sync_to_async(_ask)(shop, person)
        work = asyncio.create_task(sync_to_async(shell.carry_out, thread_sensitive=False)(made, "worker"))
        try:
            yield made
        finally:
            await wire.send(wire.keys(made.pk), {"end": "The test is over."})
            await asyncio.wait_for(work, PATIENCE_SECONDS)

    return opened


def _ask(shop: App, person: str) -> Shell:
    made = shell.ask(shop.production, make.known(person))
    found: Shell = Shell.objects.select_related("environment__app", "release__environment__app").get(pk=made.pk)
    return found


class Watchful(ShellSocket):
    """One that looks at once whether its user may have it still."""

    ping_seconds = 0.05


def watchful() -> Any:
    """The console's door with a watchful socket behind it."""
    return SessionMiddlewareStack(URLRouter([path("ws/apps/<app:name>/shells/<int:number>/", Watchful.as_asgi())]))


async def test_what_is_typed_is_answered_and_the_end_is_told(open_shell: Open, knock: Callable[..., Any]) -> None:
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk)
        await browser.talk.send_json_to({"size": [40, 100]})
        await browser.type("echo $COLOUR; stty size\n")
        await browser.see("red\r\n40 100")
        await browser.type("exit\n")
        assert await browser.closed() == 1000


async def test_a_page_that_is_loaded_again_shows_the_same_shell(open_shell: Open, knock: Callable[..., Any]) -> None:
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk)
        await browser.type("echo $COLOUR\n")
        await browser.see("red\r\n")
        await browser.talk.disconnect()
        again, _ = await knock(opened.pk)
        await again.see("red\r\n")
        await again.type("stty size\n")
        await again.see("24 80")
        await again.talk.disconnect()


async def test_a_second_window_takes_it_over(open_shell: Open, knock: Callable[..., Any]) -> None:
    async with open_shell() as opened:
        first, _ = await knock(opened.pk)
        await first.type("echo $COLOUR\n")
        await first.see("red\r\n")
        second, _ = await knock(opened.pk)
        assert await first.closed() == 4409
        await second.see("red\r\n")
        await second.talk.disconnect()


async def test_who_loses_the_right_loses_the_shell(open_shell: Open, knock: Callable[..., Any]) -> None:
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk, to=watchful())
        await browser.type("echo $COLOUR\n")
        await browser.see("red\r\n")
        await database_sync_to_async(Membership.objects.filter(user__username="alice").update)(role="operator")
        assert await browser.closed() == 4403
        await _until_closed(opened)
    assert (await _fresh(opened)).ending == "Its user may not have it any more."


async def test_who_signs_out_loses_the_shell(
    open_shell: Open, knock: Callable[..., Any], signed_in: Callable[[str], Client]
) -> None:
    async with open_shell() as opened:
        client = await database_sync_to_async(signed_in)("alice")
        browser, _ = await knock(opened.pk, to=watchful(), person=client)
        await browser.type("echo $COLOUR\n")
        await browser.see("red\r\n")
        await sync_to_async(client.logout)()
        assert await browser.closed() == 4401
        await _until_closed(opened)


@pytest.mark.parametrize(("person", "code"), [("", 4401), ("charlie", 4404), ("vera", 4404), ("root", 4404)])
async def test_nobody_else_gets_in(open_shell: Open, knock: Callable[..., Any], person: str, code: int) -> None:
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk, person)
        assert await browser.closed() == code


async def test_a_page_from_elsewhere_cannot_connect(open_shell: Open, knock: Callable[..., Any]) -> None:
    async with open_shell() as opened:
        _, connected = await knock(opened.pk, origin="https://evil.example")
        assert not connected


async def test_one_that_has_ended_says_so(shared_db: None, shop: App, knock: Callable[..., Any]) -> None:
    ended = await database_sync_to_async(make.shell)(shop, await database_sync_to_async(make.known)("alice"))
    browser, _ = await knock(ended.pk)
    assert await browser.closed() == 1000


@pytest.mark.parametrize("said", [{"text_data": "no json"}, {"bytes_data": b"x" * 70_000}])
async def test_what_is_no_message_ends_the_conversation(
    open_shell: Open, knock: Callable[..., Any], said: dict[str, Any]
) -> None:
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk)
        await browser.talk.send_to(**said)
        assert await browser.closed() == 4400


async def test_a_browser_that_does_not_draw_is_not_flooded(
    open_shell: Open, knock: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.consumers.shell.UNANSWERED", 1)
    async with open_shell() as opened:
        browser, _ = await knock(opened.pk)
        await browser.type("echo $COLOUR\n")
        await browser.see("echo", answering=False)
        await browser.type("stty size\n")
        assert await browser.talk.receive_nothing(timeout=0.3)
        await browser.talk.send_json_to({"ack": 1})
        await browser.see("24 80")
        await browser.talk.disconnect()


@database_sync_to_async
def _until_closed(opened: Shell) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Shell.objects.get(pk=opened.pk).state != "closed":
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def _fresh(opened: Shell) -> Shell:
    found: Shell = await database_sync_to_async(Shell.objects.get)(pk=opened.pk)
    return found
