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

from console import people
from console.hearing import Ear, hearing

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

    async def refusal(self) -> int:
        """Why this socket must close, as a code; 0 if it need not."""
        session = self.scope["session"]
        user = await get_user({"session": session.__class__(session.session_key)})
        if not user.is_authenticated or not user.is_active:
            return 4401
        self.who = people.topic(user)
        return 0 if await database_sync_to_async(self.find)(user) else 4404

    async def refusal_now(self, ear: Ear) -> int:  # noqa: ARG002 - not every socket shares what it finds
        """The same, asked again."""
        return await self.refusal()

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
            while True:
                for _ in range(self.pings_per_check):
                    if await ear.wait(self.ping_seconds):
                        break
                    await self.send_json({"t": "ping"})
                if code := await self.refusal_now(ear):
                    await self.close(4403 if code == 4404 else code)
                    return
                await self.look_again()


class Nowhere(Socket):
    """Any other address."""

    async def refusal(self) -> int:
        """There is nothing here."""
        return 4404


def _parsed(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > LONGEST_MESSAGE:
        return None
    with suppress(ValueError):
        content = json.loads(text)
        return content if isinstance(content, dict) else None
    return None
