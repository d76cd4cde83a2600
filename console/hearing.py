"""Hearing the bell, once in this process for everybody here who waits for the same."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from typing import Any

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
    """Waits for one topic, for any number of listeners, and looks for them."""

    def __init__(self, topic: str) -> None:
        self.listeners = 0
        self._last = time.monotonic()  # what rang before it opened nobody heard
        self._looks: dict[Hashable, tuple[float, asyncio.Task[int]]] = {}
        self._next = asyncio.Event()
        self._task = asyncio.create_task(listen(topic, self.ring))

    async def wait(self, seconds: float) -> bool:
        """Wait for the next ring, at most so long; say whether there was one."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._next.wait(), seconds)
            return True
        return False

    async def look(self, key: Hashable, look: Callable[[], Coroutine[Any, Any, int]], seconds: float) -> int:
        """What was found by this key at most so many seconds ago and not before the last ring; else look now."""
        since = max(self._last, time.monotonic() - seconds)
        self._looks = {each: seen for each, seen in self._looks.items() if seen[0] >= since}
        if key not in self._looks:
            self._looks[key] = time.monotonic(), asyncio.create_task(look())
        return await asyncio.shield(self._looks[key][1])

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def ring(self) -> None:
        """Wake all who wait; what was seen before is old."""
        self._last = time.monotonic()
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
