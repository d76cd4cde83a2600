"""Hearing the bell, once in this process for everybody here who waits for the same."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

RETRY_SECONDS = 5.0


async def listen(topic: str, rung: Callable[[], object], retry_seconds: float = RETRY_SECONDS) -> None:
    """Call `rung` whenever the bell rings the topic, until cancelled. Without a channel layer it hears nothing."""
    while (layer := get_channel_layer()) is not None:
        with contextlib.suppress(RedisError, OSError):
            channel = await layer.new_channel()
            await layer.group_add(topic, channel)
            try:
                while await layer.receive(channel):
                    rung()
            finally:
                await layer.group_discard(topic, channel)
        await asyncio.sleep(retry_seconds)


class Ear:
    """Waits for one topic, for any number of listeners; `rings` says how often it has rung."""

    def __init__(self, topic: str) -> None:
        self.listeners = self.rings = 0
        self._next = asyncio.Event()
        self._task = asyncio.create_task(listen(topic, self.ring))

    async def wait(self, seconds: float, since: int) -> bool:
        """Wait, at most so long, until it has rung more often than `since`; say whether it has."""
        if self.rings == since:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._next.wait(), seconds)
        return self.rings != since

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def ring(self) -> None:
        """Wake all who wait."""
        self.rings += 1
        self._next.set()
        self._next = asyncio.Event()


_ears: dict[str, Ear] = {}


@contextlib.asynccontextmanager
async def hearing(topic: str) -> AsyncIterator[Ear]:
    """The topic's ear, for one listener more; it closes with its last listener."""
    ear = _ears.get(topic) or _ears.setdefault(topic, Ear(topic))
    ear.listeners += 1
    try:
        yield ear
    finally:
        ear.listeners -= 1
        if not ear.listeners:
            del _ears[topic]
            await ear.close()
