"""Websockets that say that what a page shows has changed; the page reads it again."""

import asyncio
from typing import Any

from django.db.models import QuerySet

from builds import register, stacks
from console.consumers.socket import AppSocket, Socket
from runtimes.models import App

NEWS_BREATH_SECONDS = 0.5
MOST_APPS = 200  # of a list; more do not fit on a page


class News(Socket):
    """Says that what a page shows has changed; the page reads it again."""

    topics: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    async def begin(self) -> None:
        """Listen to the topics that were found."""
        self.rung = asyncio.Event()
        await self._join()
        await self.send_json({"t": "hello"})
        self.run(self._tell())

    async def look_again(self) -> None:
        """Listen to what was found now, and no more to what was found before."""
        if self.topics != self.joined:
            await self._join()
            self.rung.set()

    async def disconnect(self, code: int) -> None:
        """Stop listening."""
        await super().disconnect(code)
        for topic in self.joined:
            await self.channel_layer.group_discard(topic, self.channel_name)

    async def _join(self) -> None:
        wanted, had = self.topics, self.joined
        self.joined = wanted
        for topic in wanted - had:
            await self.channel_layer.group_add(topic, self.channel_name)
        for topic in had - wanted:
            await self.channel_layer.group_discard(topic, self.channel_name)

    async def bell_rings(self, _: dict[str, Any]) -> None:
        """Something changed."""
        self.rung.set()

    async def _tell(self) -> None:
        while True:
            await self.rung.wait()
            self.rung.clear()
            await self.send_json({"t": "state"})
            await asyncio.sleep(NEWS_BREATH_SECONDS)


class AppNews(AppSocket, News):
    """Whatever is visible of one app."""

    def find_in_app(self) -> bool:
        """The app itself."""
        self.topics = frozenset({f"app.{self.app.pk}"})
        return True


class AppsNews(News):
    """The list of apps: which there are, and what is visible of each."""

    def find(self, user: Any) -> bool:
        """The apps that this user may know of."""
        self.topics = frozenset(
            {"apps", *(f"app.{pk}" for pk in _known(user).values_list("pk", flat=True)[:MOST_APPS])}
        )
        return True


class AdminNews(News):
    """What the platform's admin set up and the controller works on: buildpacks fetched, stacks made."""

    topics = frozenset({register.TOPIC, stacks.TOPIC})

    def find(self, user: Any) -> bool:
        """Only for the platform's admin."""
        return bool(user.is_superuser)


def _known(user: Any) -> "QuerySet[App]":
    return App.objects.visible_to(user).filter(destroyed_at=None)
