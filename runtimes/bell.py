"""News comes up by the bell: it says that something changed, never what.

A ring may be lost (the channel layer delivers at most once), so nobody relies on it: whoever
watches reads the rows again after a while in any case.
"""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def ring(*topics: str) -> None:
    """Tell whoever watches these topics to look again, once the rows are committed."""
    transaction.on_commit(lambda: _ring(topics))


def _ring(topics: tuple[str, ...]) -> None:
    try:
        async_to_sync(_send)(topics)
    except (RedisError, OSError) as error:
        log.warning("The bell could not ring %s: %s", ", ".join(topics), error)


async def _send(topics: tuple[str, ...]) -> None:
    if layer := get_channel_layer():
        for topic in topics:
            await layer.group_send(topic, {"type": "bell.rings", "topic": topic})
