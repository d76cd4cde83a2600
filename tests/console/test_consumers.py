"""Websockets: who is let in, what they are told, and how it ends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings

from console import feeds, people
from console.asgi import application
from console.consumers.logs import DeployLog
from console.sockets import websocket_urlpatterns
from runtimes import bell
from runtimes import journal as journals
from runtimes.models import App, Journal, Membership, Team
from tests.console import factories as make

pytestmark = [pytest.mark.usefixtures("shared_db"), pytest.mark.thorough]
LOG = "/ws/apps/shop/deploys/1/"


@pytest.fixture
def journal(shared_db: None, app: App) -> Journal:
    """The journal of the app's first deploy, under way, with three lines."""
    return make.deploy(app, "building", lines=[(0, "one"), (0, "two"), (0, "three")])


@pytest.fixture
def knock(signed_in: Callable[[str], Client]) -> Callable[..., WebsocketCommunicator]:
    """Somebody's websocket, not connected yet."""

    def knocking(
        address: str, person: str = "", origin: str = "http://localhost", to: Any = application, cookies: Any = None
    ) -> WebsocketCommunicator:
        sent = (cookies or signed_in(person).cookies).output(header="", sep=";").strip()
        headers = [(b"origin", origin.encode()), (b"host", b"localhost"), (b"cookie", sent.encode())]
        return WebsocketCommunicator(to, address, headers=headers)

    return knocking


def serving(consumer: type[DeployLog]) -> Any:
    """The console's door to websockets with another consumer behind it."""
    route = path("ws/apps/<app:name>/deploys/<int:number>/", consumer.as_asgi())
    return SessionMiddlewareStack(URLRouter([route]))


async def close_code(talk: WebsocketCommunicator) -> int:
    """Connect and wait for the end."""
    assert (await talk.connect())[0]
    return await ended(talk)


async def ended(talk: WebsocketCommunicator) -> int:
    """The code with which it closes, whatever comes before."""
    while True:
        message = await talk.receive_output(timeout=10)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def heard(talk: WebsocketCommunicator, kind: str) -> Any:
    """The next message of a kind."""
    while True:
        message = await talk.receive_json_from(timeout=10)
        if message["t"] == kind:
            return message


EVERYBODY = {"charlie", "vera", "mark", "olga", "alice", "root"}
TEAM = EVERYBODY - {"charlie"}
# Each pattern of the console's websockets, an address of its kind, and whom it lets in.
SOCKETS = {
    "ws/admin/": ("/ws/admin/", {"root"}),
    "ws/apps/": ("/ws/apps/", EVERYBODY),
    "ws/apps/<app:name>/": ("/ws/apps/shop/", TEAM),
    "ws/apps/<app:name>/deploys/<int:number>/": ("/ws/apps/shop/deploys/1/", TEAM),
    "ws/apps/<app:name>/runs/<int:number>/": ("/ws/apps/shop/runs/1/", TEAM),
    "ws/apps/<app:name>/shells/<int:number>/": ("/ws/apps/shop/shells/1/", {"alice"}),
    "ws/apps/<app:name>/environments/<app:environment>/output/": (
        "/ws/apps/shop/environments/production/output/",
        TEAM,
    ),
    "": ("/ws/elsewhere/", set()),
}


def test_no_websocket_is_unknown_here() -> None:
    assert {str(each.pattern) for each in websocket_urlpatterns} == SOCKETS.keys()


@pytest.mark.parametrize("pattern", sorted(SOCKETS))
async def test_a_websocket_lets_in_whom_it_should(
    pattern: str, knock: Callable[..., WebsocketCommunicator], app: App, settings: Settings
) -> None:
    settings.SHELL = True
    address, welcome = SOCKETS[pattern]

    def fill() -> None:
        make.deploy(app)
        make.run(app, "work")
        make.shell(app, make.known("alice"), pk=1)

    await database_sync_to_async(fill)()
    let_in = set()
    for person in EVERYBODY | {""}:
        talk = await database_sync_to_async(knock)(address, person)
        await talk.connect()
        await talk.send_json_to({"since": 0})
        first = await talk.receive_output(timeout=10)
        if first["type"] == "websocket.send":
            let_in.add(person)
        else:
            assert first["code"] == (4404 if person or not pattern else 4401)
        await talk.disconnect()
    assert let_in == welcome


@pytest.mark.parametrize(
    ("person", "address", "code"),
    [
        ("", LOG, 4401),
        ("charlie", LOG, 4404),
        ("charlie", "/ws/apps/shop/", 4404),
        ("alice", "/ws/apps/shop/deploys/99/", 4404),
        ("alice", "/ws/apps/nothing/", 4404),
        ("alice", "/ws/elsewhere/", 4404),
        ("", "/ws/apps/", 4401),
        ("alice", "/ws/admin/", 4404),
    ],
)
async def test_who_may_not_listen_is_told_why(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, person: str, address: str, code: int
) -> None:
    assert await close_code(await database_sync_to_async(knock)(address, person)) == code


async def test_a_page_from_elsewhere_cannot_connect(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    talk = await database_sync_to_async(knock)(LOG, "alice", "https://evil.example")
    assert not (await talk.connect())[0]


async def test_each_line_comes_once_and_in_order(knock: Callable[..., WebsocketCommunicator], journal: Journal) -> None:
    talk = await database_sync_to_async(knock)(LOG, "vera")
    await talk.connect()
    await talk.send_json_to({"since": 1})
    assert (await heard(talk, "hello"))["t"] == "hello"
    first = await heard(talk, "lines")
    assert (first["from"], [row[2] for row in first["l"]]) == (2, ["two", "three"])
    await database_sync_to_async(journals.note)(journal, "four")
    second = await heard(talk, "lines")
    assert (second["from"], [row[2] for row in second["l"]]) == (4, ["four"])
    await talk.disconnect()


async def test_the_end_of_the_log_closes_the_socket(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    await database_sync_to_async(journals.seal)(journal)
    talk = await database_sync_to_async(knock)(LOG, "vera")
    await talk.connect()
    await talk.send_json_to({"since": 0})
    assert len((await heard(talk, "lines"))["l"]) == 3
    assert (await heard(talk, "eof"))["status"] == "building"
    assert await ended(talk) == 1000


@pytest.mark.parametrize("text", ["no json", "[1]", '{"since": 1' + " " * 300 + "}"])
async def test_what_is_no_message_ends_the_conversation(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, text: str
) -> None:
    talk = await database_sync_to_async(knock)(LOG, "vera")
    await talk.connect()
    await talk.send_to(text_data=text)
    assert await ended(talk) == 4400


async def test_a_browser_that_does_not_answer_is_not_flooded(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    class Small(DeployLog):
        batch_lines = 1
        unanswered_batches = 2

    talk = await database_sync_to_async(knock)(LOG, "vera", to=serving(Small))
    await talk.connect()
    await talk.send_json_to({"since": 0})
    assert [(await heard(talk, "lines"))["from"] for _ in range(2)] == [1, 2]
    assert await talk.receive_nothing(timeout=0.3)
    await talk.send_json_to({"ack": 1})
    assert (await heard(talk, "lines"))["from"] == 3
    await talk.disconnect()


async def test_who_does_not_answer_holds_up_nobody_and_loses_nothing(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    class Small(DeployLog):
        unanswered_batches = 2

    slow, quick = [await database_sync_to_async(knock)(LOG, "vera", to=serving(Small)) for _ in range(2)]
    for talk in (slow, quick):
        await talk.connect()
        await talk.send_json_to({"since": 3})
        await heard(talk, "state")
    for number in range(4, 8):
        await database_sync_to_async(journals.note)(journal, str(number))
        assert (await heard(quick, "lines"))["from"] == number
        await quick.send_json_to({"ack": 1})
    assert [(await heard(slow, "lines"))["from"] for _ in range(2)] == [4, 5]
    assert await slow.receive_nothing(timeout=0.3)
    await slow.send_json_to({"ack": 2})
    late: list[str] = []
    while len(late) < 2:
        late += [row[2] for row in (await heard(slow, "lines"))["l"]]
    assert late == ["6", "7"]
    await slow.disconnect()
    await quick.disconnect()


async def test_of_many_who_watch_each_page_has_its_turn_to_read_again_what_has_changed(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    talks = [await database_sync_to_async(knock)(LOG, name) for name in ("vera", "mark", "olga")]
    for talk in talks:
        await talk.connect()
        await talk.send_json_to({"since": 0})
        within = (await heard(talk, "state"))["within"]
    assert within == 3 * feeds.TURN_SECONDS
    for talk in talks:
        await talk.disconnect()


async def test_who_has_fallen_behind_catches_up_and_is_told_again(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    first, late = [await database_sync_to_async(knock)(LOG, "vera") for _ in range(2)]
    await first.connect()
    await first.send_json_to({"since": 2})
    await heard(first, "lines")
    await late.connect()
    await late.send_json_to({"since": 0})
    assert (await heard(late, "behind"))["seq"] == 3
    await late.send_json_to({"since": 3})
    await database_sync_to_async(journals.note)(journal, "four")
    assert [row[2] for row in (await heard(late, "lines"))["l"]] == ["four"]
    await first.disconnect()
    await late.disconnect()


async def test_nonsense_from_one_viewer_spoils_nothing_for_others(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    hostile, other = [await database_sync_to_async(knock)(LOG, "vera") for _ in range(2)]
    await hostile.connect()
    await hostile.send_json_to({"since": 10**9})
    await heard(hostile, "hello")
    await other.connect()
    await other.send_json_to({"since": 3})
    await database_sync_to_async(journals.note)(journal, "four")
    assert [row[2] for row in (await heard(other, "lines"))["l"]] == ["four"]
    await hostile.disconnect()
    await other.disconnect()


class Watchful(DeployLog):
    """Asks again all the time."""

    ping_seconds = round_seconds = 0.05


def lose_membership() -> None:
    """Vera is not on the team any more, and no bell rang."""
    Membership.objects.filter(user__username="vera").delete()


def end_session() -> None:
    """Vera's session has gone, and no bell rang."""
    Session.objects.all().delete()


def destroy_app() -> None:
    """The app is being destroyed."""
    App.objects.update(destroyed_at=timezone.now())


@pytest.mark.parametrize(("change", "code"), [(lose_membership, 4403), (end_session, 4401), (destroy_app, 4404)])
async def test_who_may_not_watch_any_more_is_cut_off_although_no_bell_rang(
    change: Callable[[], None], code: int, knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    talk = await database_sync_to_async(knock)(LOG, "vera", to=serving(Watchful))
    await talk.connect()
    await heard(talk, "ping")
    await database_sync_to_async(change)()
    assert await ended(talk) == code


async def test_who_stays_is_not_cut_off_with_the_others(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    vera, mark = [await database_sync_to_async(knock)(LOG, name, to=serving(Watchful)) for name in ("vera", "mark")]
    for talk in (vera, mark):
        await talk.connect()
        await heard(talk, "ping")
    await database_sync_to_async(lose_membership)()
    assert await ended(vera) == 4403
    for _ in range(3):
        await heard(mark, "ping")
    await mark.disconnect()


async def opened(knock: Callable[..., WebsocketCommunicator], address: str, person: str) -> WebsocketCommunicator:
    """Somebody's websocket that has begun, and whose ear is open."""
    talk = await database_sync_to_async(knock)(address, person)
    await talk.connect()
    who = people.topic(await database_sync_to_async(make.known)(person))
    async with asyncio.timeout(10):
        while not get_channel_layer().groups.get(who):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    return talk


def lose_role() -> None:
    """Vera leaves the team."""
    people.leave(Team.objects.get(name="Alice's team"), make.known("vera"))


def shut_out() -> None:
    """Vera may not sign in any more."""
    people.let_in(make.known("vera"), may=False, by=make.known("root"))


def change_password() -> None:
    """Vera gets another password from an admin."""
    people.renew_password(make.known("vera"))


# In a minute the socket would look by itself; a test that waited for that would end before.
@pytest.mark.parametrize(("change", "code"), [(lose_role, 4403), (shut_out, 4401), (change_password, 4401)])
@pytest.mark.parametrize("address", [LOG, "/ws/apps/shop/"])
async def test_whose_access_changes_is_looked_at_at_once(
    address: str,
    change: Callable[[], None],
    code: int,
    knock: Callable[..., WebsocketCommunicator],
    journal: Journal,
) -> None:
    talk = await opened(knock, address, "vera")
    await database_sync_to_async(change)()
    assert await ended(talk) == code


async def test_a_password_changed_by_oneself_ends_the_sockets_of_other_sessions(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, signed_in: Callable[[str], Client]
) -> None:
    talk = await opened(knock, LOG, "vera")
    here = await database_sync_to_async(signed_in)("vera")
    new = {"old_password": "vera", "new_password1": "a-long-new-password", "new_password2": "a-long-new-password"}
    await database_sync_to_async(here.post)("/account/password", new)
    assert await ended(talk) == 4401


async def test_who_signs_out_leaves_no_socket_behind(
    knock: Callable[..., WebsocketCommunicator], journal: Journal, signed_in: Callable[[str], Client]
) -> None:
    browser = await database_sync_to_async(signed_in)("vera")
    talk = await opened(lambda address, _: knock(address, cookies=browser.cookies), LOG, "vera")
    await database_sync_to_async(browser.post)("/logout")
    assert await ended(talk) == 4401


async def test_who_joins_a_team_hears_of_its_apps_without_a_reload(
    knock: Callable[..., WebsocketCommunicator], app: App, team: Team
) -> None:
    talk = await opened(knock, "/ws/apps/", "charlie")
    await heard(talk, "hello")

    def join() -> None:
        people.set_role(team, make.known("charlie"), "viewer", make.known("root"))

    await database_sync_to_async(join)()
    assert await heard(talk, "state")
    await database_sync_to_async(bell.ring)(f"app.{app.pk}")
    assert await heard(talk, "state")
    await talk.disconnect()


async def test_a_ring_becomes_news_for_the_app_and_for_the_list(
    knock: Callable[..., WebsocketCommunicator], app: App, journal: Journal
) -> None:
    for address in ("/ws/apps/shop/", "/ws/apps/"):
        talk = await database_sync_to_async(knock)(address, "vera")
        await talk.connect()
        await heard(talk, "hello")
        await database_sync_to_async(bell.ring)(f"app.{app.pk}")
        assert await heard(talk, "state") == {"t": "state"}
        await talk.disconnect()


async def test_a_buildpack_that_was_fetched_is_news_for_the_platforms_admin(
    knock: Callable[..., WebsocketCommunicator], journal: Journal
) -> None:
    talk = await database_sync_to_async(knock)("/ws/admin/", "root")
    await talk.connect()
    await heard(talk, "hello")
    await database_sync_to_async(bell.ring)("buildpacks")
    assert await heard(talk, "state") == {"t": "state"}
    await talk.disconnect()
