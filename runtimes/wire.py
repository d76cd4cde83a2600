"""Between a browser's socket and a terminal: messages from one to one, in order, over the channel layer.

Who sends more than is read is refused and tries again: no side piles up what the other does not take.
What nobody reads is forgotten after a minute.
"""

import asyncio
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

AGAIN_SECONDS = 0.02

Message = dict[str, Any]


def keys(shell: int) -> str:
    """Where a shell hears what is typed, and who looks at it."""
    return f"shell.{shell}.keys"


def screen(shell: int, viewer: int) -> str:
    """Where one viewer of a shell hears what it writes."""
    return f"shell.{shell}.screen.{viewer}"


async def receive(channel: str) -> Message:
    """The next message."""
    message: Message = await get_channel_layer().receive(channel)
    return message


async def offer(channel: str, message: Message) -> bool:
    """Send unless too much waits there already."""
    try:
        await get_channel_layer().send(channel, message)
    except ChannelFull:
        return False
    return True


async def send(channel: str, message: Message, tries: int = 250) -> bool:
    """Send, waiting for room; False if there was none for that many tries."""
    for _ in range(tries):
        if await offer(channel, message):
            return True
        await asyncio.sleep(AGAIN_SECONDS)
    return False
