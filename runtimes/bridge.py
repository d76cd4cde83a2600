"""Carries what is typed to a terminal, and what it writes to whoever looks at it."""

import asyncio
import time
from collections import deque
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes import wire
from runtimes.engine.base import Terminal
from runtimes.models import Shell
from runtimes.watch import Watch

# A new viewer is shown this much of what was written before, in bytes.
REMEMBERED = 64 * 1024
PIECE = 16 * 1024

# A browser says every few seconds that it is there. One that said nothing for so long is gone; one that left may come
# back.
ABSENT_SECONDS = 45.0
RETURN_SECONDS = 30.0
LONGEST_SECONDS = 8 * 3600.0
LOOK_SECONDS = 0.5

# What is typed while nothing takes it is lost beyond this many messages, as at any terminal.
TYPED_AHEAD = 64

GONE = gettext_noop("The browser went away.")


class Bridge:
    """Between one terminal and its viewers, of whom the latest counts."""

    def __init__(self, shell: Shell, terminal: Terminal, watch: Watch) -> None:
        self._shell, self._terminal, self._watch = shell, terminal, watch
        self._viewer = 0
        self._written: deque[bytes] = deque()
        self._remembered = 0
        self._typed: asyncio.Queue[Any] = asyncio.Queue(TYPED_AHEAD)
        self._showing = asyncio.Lock()
        self._began = self._heard_at = self._typed_at = time.monotonic()
        self._left_at: float | None = None

    async def run(self) -> str:
        """Carry until one side ends, and hang up; return why, or nothing if the shell itself has ended."""
        work = [self._listen(), self._type(), self._show(), self._look()]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result() or ""
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.to_thread(self._terminal.close)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def tell_end(self, ending: str) -> None:
        """Tell whoever looks that it is over."""
        if self._viewer:
            await wire.send(wire.screen(self._shell.pk, self._viewer), {"over": ending})

    async def _listen(self) -> str:
        while True:
            message = await wire.receive(wire.keys(self._shell.pk))
            self._heard_at = time.monotonic()
            match message:
                case {"keys": bytes() as data}:
                    self._typed_at = self._heard_at
                    self._do(partial(self._terminal.write, data))
                case {"size": [int() as rows, int() as columns]}:
                    self._do(partial(self._terminal.resize, rows, columns))
                case {"viewer": int() as viewer}:
                    await self._show_all(viewer)
                case {"left": viewer} if viewer == self._viewer:
                    self._left_at = self._heard_at
                case {"end": str() as why}:
                    return why

    def _do(self, deed: Any) -> None:
        if not self._typed.full():
            self._typed.put_nowait(deed)

    async def _type(self) -> None:
        while True:
            await asyncio.to_thread(await self._typed.get())

    async def _show(self) -> None:
        while data := await asyncio.to_thread(self._terminal.read):
            async with self._showing:
                self._remember(data)
                await self._tell(data)

    async def _show_all(self, viewer: int) -> None:
        """Show a new viewer what was written before; who looked until now is told to look away.

        In few pieces, for which there is room where nobody has read yet: should that viewer be gone already, the next
        one is heard all the same.
        """
        former, self._viewer, self._left_at = self._viewer, viewer, None
        if former:
            await wire.offer(wire.screen(self._shell.pk, former), {"elsewhere": True})
        async with self._showing:
            whole = b"".join(self._written)
            for start in range(0, len(whole), PIECE):
                await self._tell(whole[start : start + PIECE])

    async def _tell(self, data: bytes) -> None:
        """Wait for the viewer to take it; what nobody looks at is only remembered."""
        viewer = self._viewer
        while viewer and viewer == self._viewer:
            if await wire.offer(wire.screen(self._shell.pk, viewer), {"screen": data}):
                return
            await asyncio.sleep(wire.AGAIN_SECONDS)

    def _remember(self, data: bytes) -> None:
        self._written.append(data)
        self._remembered += len(data)
        while self._remembered > REMEMBERED:
            self._remembered -= len(self._written.popleft())

    async def _look(self) -> str:
        while True:
            if why := self._reason():
                return why
            await asyncio.sleep(LOOK_SECONDS)

    def _reason(self) -> str:
        """Why it must end now, if it must."""
        now = time.monotonic()
        if self._watch.is_canceled:
            return _("The platform ended it.")
        if now - self._typed_at > settings.SHELL_IDLE:
            return _("Nothing was typed for too long.")
        if now - self._heard_at > ABSENT_SECONDS or (self._left_at and now - self._left_at > RETURN_SECONDS):
            return _(GONE)
        return _("It was open for too long.") if now - self._began > LONGEST_SECONDS else ""
