"""The websocket of a terminal: what is typed goes to the controller, what the shell writes comes from there.

Bytes travel as binary frames; sizes, answers and the end as objects. The terminal outlives the socket by half a minute,
so that a page may be reloaded; it does not outlive the right to it.
"""

import asyncio
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from console import access
from console.consumers.socket import Socket
from runtimes import wire
from runtimes.models import Shell

LONGEST_INPUT = 64 * 1024
MOST_ROWS, MOST_COLUMNS = 500, 1000
UNANSWERED = 20
ANSWER_SECONDS = 30.0


class ShellSocket(Socket):
    """Of somebody's own shell."""

    channel_layer_alias = "none"  # the wire is asked by name
    ping_seconds = 10.0
    pings_per_check = 1
    shell: Shell
    viewer = 0

    def find(self, user: Any) -> bool:
        """The shell, by its app and its number, if it is this user's and may be still."""
        found = access.find_shell(user, self.route["name"], self.route["number"]) if settings.SHELL else None
        if found is None:
            return False
        self.shell = found
        return True

    async def begin(self) -> None:
        """Become the one who looks at it."""
        self.unanswered, self.room = 0, asyncio.Event()
        if await self._ended():
            return
        self.viewer = await database_sync_to_async(self._next_viewer)()
        await self.send_json({"t": "hello"})
        self.run(self._show())
        await self._say({"viewer": self.viewer})

    async def disconnect(self, code: int) -> None:
        """Tell the shell that nobody looks any more."""
        await super().disconnect(code)
        if self.viewer:
            with suppress(RedisError, OSError):  # then its silence tells
                await wire.offer(wire.keys(self.shell.pk), {"left": self.viewer})

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """What is typed comes as bytes."""
        if bytes_data is None:
            await super().receive(text_data)
        elif len(bytes_data) > LONGEST_INPUT or not self.viewer:
            await self.close(4400)
        else:
            await self._say({"keys": bytes_data})

    async def receive_json(self, content: dict[str, Any], **more: Any) -> None:  # noqa: ARG002 - the signature of channels
        """`{"size": [24, 80]}` is the terminal's, `{"ack": 10}` answers so many pieces, `{"end": true}` ends it."""
        match content:
            case {"ack": int() as answered}:
                self.unanswered = max(0, self.unanswered - max(0, answered))
                self.room.set()
            case {"size": [int() as rows, int() as columns]}:
                if 0 < rows <= MOST_ROWS and 0 < columns <= MOST_COLUMNS:
                    await self._say({"size": [rows, columns]})
            case {"end": True}:
                await self._say({"end": _("It was closed by its user.")})

    async def refusal(self) -> int:
        """The same as of any socket; the controller is told who is there still, and who may not be any more."""
        code = await super().refusal()
        if self.viewer and code:
            await self._say({"end": _("Its user may not have it any more.")})
            self.viewer = 0
        elif self.viewer and not await self._ended():
            await self._say({"here": self.viewer})
        return code

    async def _show(self) -> None:
        while True:
            match await wire.receive(wire.screen(self.shell.pk, self.viewer)):
                case {"screen": bytes() as data}:
                    await self._has_room()
                    await self.send(bytes_data=data)
                case {"over": str() as ending}:
                    await self._tell_end(ending)
                    return
                case {"elsewhere": True}:
                    self.viewer = 0
                    await self.close(4409)
                    return

    async def _has_room(self) -> None:
        """Return when the browser has not too much to draw; one that does not draw for a while must come again."""
        while self.unanswered >= UNANSWERED:
            self.room.clear()
            try:
                await asyncio.wait_for(self.room.wait(), ANSWER_SECONDS)
            except TimeoutError:
                await self.close(1011)
        self.unanswered += 1

    async def _say(self, message: wire.Message) -> None:
        if not await wire.send(wire.keys(self.shell.pk), message):
            await self.close(1011)

    async def _ended(self) -> bool:
        """Whether it is closed; then the browser is told."""
        if self.shell.state == "closed":
            await self._tell_end(self.shell.ending)
        return self.shell.state == "closed"

    async def _tell_end(self, ending: str) -> None:
        self.viewer = 0
        await self.send_json({"t": "over", "ending": ending})
        await self.close(1000)

    def _next_viewer(self) -> int:
        Shell.objects.filter(pk=self.shell.pk).update(viewers=F("viewers") + 1)
        self.shell.refresh_from_db(fields=["viewers"])
        return self.shell.viewers
