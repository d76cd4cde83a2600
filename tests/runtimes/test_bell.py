"""The bell rings once rows are committed, and nobody minds when it cannot."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, channel_layers
from django.db import transaction

from runtimes import bell

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


def test_a_broken_bell_is_logged_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    before = channel_layers.set("default", Broken())
    bell.ring("app.1")
    channel_layers.set("default", before)
    assert "app.1" in caplog.text
