"""The bell rings once rows are committed, and nobody minds when it cannot."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.core import RedisChannelLayer
from django.db import transaction

from runtimes import bell
from tests.doubles import together

pytestmark = pytest.mark.usefixtures("shared_db")


class Broken(InMemoryChannelLayer):
    """A layer whose Redis is away."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:  # noqa: ARG002
        raise ConnectionRefusedError


@pytest.fixture
def layer() -> Iterator[InMemoryChannelLayer]:
    layer = InMemoryChannelLayer()
    before = channel_layers.set("default", layer)
    async_to_sync(layer.group_add)("app.1", "listener")
    yield layer
    channel_layers.set("default", before)


def heard(layer: InMemoryChannelLayer) -> int:
    queue = layer.channels.get("listener")
    return queue.qsize() if queue else 0


def test_a_ring_says_what_topic_and_no_more(layer: InMemoryChannelLayer) -> None:
    bell.ring("app.1", "app.2")
    assert heard(layer) == 1
    assert async_to_sync(layer.receive)("listener") == {"type": "bell.rings", "topic": "app.1"}


def test_it_rings_after_the_rows_are_there_for_others(layer: InMemoryChannelLayer) -> None:
    with transaction.atomic():
        bell.ring("app.1")
        assert heard(layer) == 0
    assert heard(layer) == 1


def test_it_does_not_ring_for_what_was_taken_back(layer: InMemoryChannelLayer) -> None:
    with transaction.atomic():
        bell.ring("app.1")
        transaction.set_rollback(True)
    assert heard(layer) == 0


class Shared(RedisChannelLayer):
    """A layer that other processes share, without a Redis behind it; it notes the loops it is rung from."""

    def __init__(self) -> None:
        super().__init__(hosts=["redis://127.0.0.1:1"])
        self.loops: list[asyncio.AbstractEventLoop] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:  # noqa: ARG002
        self.loops.append(asyncio.get_running_loop())


def test_all_rings_of_a_process_share_a_loop_and_its_connection() -> None:
    layer = Shared()
    before = channel_layers.set("default", layer)
    together(lambda: bell.ring("app.1"), lambda: bell.ring("app.1"))
    bell.ring("app.1")
    channel_layers.set("default", before)
    assert len(layer.loops) == 3
    assert len(set(layer.loops)) == 1


def test_a_broken_bell_is_logged_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    before = channel_layers.set("default", Broken())
    bell.ring("app.1")
    channel_layers.set("default", before)
    assert "app.1" in caplog.text
