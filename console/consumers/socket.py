"""What all websockets have in common: who is there, may they still be, and a ping.

A socket is accepted first and closed with a code of its own then, because the browser cannot tell a
refused handshake from a broken network: 4401 not signed in, 4403 not allowed any more, 4404 not there.
"""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from console import access, people, recheck
from console.hearing import hearing
from console.recheck import FORBIDDEN, GONE, SIGNED_OUT, Claim
from runtimes.models import App

LONGEST_MESSAGE = 200


class Socket(AsyncJsonWebsocketConsumer):
    """What all have in common: who is there, may they still be, and a ping so that no proxy hangs up."""

    let_in = False
    ping_seconds = 25.0
    pings_per_check = 2  # access is looked at again every 50 s, and whenever the bell says that something changed

    async def connect(self) -> None:
        """Let in whoever may see what this socket is about."""
        self.tasks: set[asyncio.Task[None]] = set()
        await self.accept()
        if code := await self.refusal():
            await self.close(code)
            return
        self.let_in = True
        self.run(self._keep_alive())
        await self.begin()

    @property
    def route(self) -> dict[str, Any]:
        """What the address says."""
        route: dict[str, Any] = self.scope["url_route"]["kwargs"]
        return route

    async def refusal(self) -> int:
        """Why this socket must close, as a code; 0 if it need not."""
        session = self.scope["session"]
        user = await get_user({"session": session.__class__(session.session_key)})
        if not user.is_authenticated or not user.is_active:
            return SIGNED_OUT
        self.who = people.topic(user)
        return 0 if await database_sync_to_async(self.find)(user) else GONE

    async def refusal_now(self, *, rung: bool) -> int:  # noqa: ARG002 - not every socket can wait for others
        """The same, asked again: because the bell rang for this person, or because it is time."""
        return FORBIDDEN if (code := await self.refusal()) == GONE else code

    def find(self, user: Any) -> bool:
        """Look for what this socket is about, as this user; say whether it is there for them."""
        return bool(user.is_active)

    async def begin(self) -> None:
        """Start telling."""

    async def look_again(self) -> None:
        """They may still be here; what they may see can have changed."""

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; if it breaks, the socket closes and the browser comes again."""
        task = asyncio.create_task(self._guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - the signature of channels
        """Leave nothing running."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """What the browser says is heard without the trip to a thread that Channels makes before each message."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """Only small objects come in; anything else ends the conversation. Who is not let in is not heard."""
        if not self.let_in:
            return
        content = _parsed(text_data)
        if content is None:
            await self.close(4400)
        else:
            await self.receive_json(content)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self.close(1011)
            raise

    async def _keep_alive(self) -> None:
        async with hearing(self.who) as ear:
            rings = ear.rings
            while True:
                for _ in range(self.pings_per_check):
                    if await ear.wait(self.ping_seconds, rings):
                        break
                    await self.send_json({"t": "ping"})
                rung, rings = ear.rings != rings, ear.rings  # what rings during the look asks for another
                if code := await self.refusal_now(rung=rung):
                    await self.close(code)
                    return
                await self.look_again()


class AppSocket(Socket):
    """About an app or something of it, which lasts as long as its app while somebody can follow it.

    Whether it may stay is asked with all others of this process.
    """

    round_seconds = 2.0  # for so long those who are due wait for each other
    hurry_seconds = 0.05
    app: App

    def find(self, user: Any) -> bool:
        """The app by its name, and what the rest of the address says of it."""
        found = access.find_app(user, self.route["name"])
        if found is None:
            return False
        self.app = found
        return self.find_in_app()

    def find_in_app(self) -> bool:
        """Look for what this socket is about; say whether the app has it."""
        return True

    async def refusal_now(self, *, rung: bool) -> int:
        """One round of questions for all who are due; at once if something changed for this person."""
        claim = Claim(self.scope["session"].session_key, self.app.pk)
        return await recheck.code_for(claim, self.hurry_seconds if rung else self.round_seconds)


class Nowhere(Socket):
    """Any other address."""

    async def refusal(self) -> int:
        """There is nothing here."""
        return GONE


def _parsed(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > LONGEST_MESSAGE:
        return None
    with suppress(ValueError):
        content = json.loads(text)
        return content if isinstance(content, dict) else None
    return None
