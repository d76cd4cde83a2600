"""News comes up by the bell: it says that something changed, never what.

A ring may be lost (the channel layer delivers at most once), so nobody relies on it: whoever
watches reads the rows again after a while in any case.
"""

import asyncio
import logging
import threading
from functools import cache

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from channels_redis.core import RedisChannelLayer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Nobody who rings waits longer than this.
SECONDS = 5

_making = threading.Lock()


def ring(*topics: str) -> None:
    """Tell whoever watches these topics to look again, once the rows are committed."""
    transaction.on_commit(lambda: _ring(topics))


def _ring(topics: tuple[str, ...]) -> None:
    try:
        if isinstance(get_channel_layer(), RedisChannelLayer):
            with _making:
                loop = _loop()
            asyncio.run_coroutine_threadsafe(_send(topics), loop).result(SECONDS)
        else:
            async_to_sync(_send)(topics)
    except (RedisError, OSError) as error:
        log.warning("The bell could not ring %s: %s", ", ".join(topics), error)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One that runs as long as the process does: rings share its connection, and are ten times as quick."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="bell", daemon=True).start()
    return loop


async def _send(topics: tuple[str, ...]) -> None:
    if layer := get_channel_layer():
        for topic in topics:
            await layer.group_send(topic, {"type": "bell.rings", "topic": topic})
