"""One reader per journal feeds all: it loses nothing when rings are lost, and repeats nothing."""

import asyncio

import pytest
from channels.db import database_sync_to_async

from console import feeds
from runtimes import journal as journals
from runtimes.models import App, Journal, LogChunk
from tests.console import factories as make

pytestmark = pytest.mark.usefixtures("shared_db")


@pytest.fixture
def journal(shared_db: None, app: App) -> Journal:
    """The journal of a deploy under way, with three lines."""
    return make.deploy(app, "building", lines=[(0, "one"), (0, "two"), (0, "three")])


def add_silently(journal: Journal, *texts: str) -> None:
    """Store lines and ring no bell."""
    first = journals.count(journal) + 1
    LogChunk.objects.create(journal=journal, first=first, count=len(texts), lines=[[0, 100, text] for text in texts])


async def texts_of(feed: feeds.Feed, upto: int) -> list[str]:
    """What a viewer that begins at the start has been told, once the feed has come so far."""
    while feed.last < upto:
        await asyncio.wait_for(feed.news.wait(), 10)
    return [line.text for line in feed.after(0) or []]


async def test_a_viewer_gets_what_there_was_and_what_comes(journal: Journal) -> None:
    async with feeds.watching(feeds.DeploySubject(journal), 0) as feed:
        assert await texts_of(feed, 3) == ["one", "two", "three"]
        await database_sync_to_async(journals.note)(journal, "four")
        assert await texts_of(feed, 4) == ["one", "two", "three", "four"]


async def test_lines_come_though_no_bell_rang(journal: Journal) -> None:
    feed = feeds.Feed(feeds.DeploySubject(journal), 0, patience=0.05)
    await texts_of(feed, 3)
    await database_sync_to_async(add_silently)(journal, "four", "five")
    assert await texts_of(feed, 5) == ["one", "two", "three", "four", "five"]
    await feed.close()


async def test_the_end_comes_after_the_last_line(journal: Journal) -> None:
    feed = feeds.Feed(feeds.DeploySubject(journal), 0, patience=0.05)
    await database_sync_to_async(add_silently)(journal, "last")
    await database_sync_to_async(journals.seal)(journal)
    while not feed.over:
        await asyncio.wait_for(feed.news.wait(), 10)
    assert await texts_of(feed, 4) == ["one", "two", "three", "last"]
    await feed.close()


async def test_all_viewers_share_one_reader(journal: Journal) -> None:
    async with (
        feeds.watching(feeds.DeploySubject(journal), 0) as first,
        feeds.watching(feeds.DeploySubject(journal), 3) as second,
    ):
        assert first is second
    async with feeds.watching(feeds.DeploySubject(journal), 0) as third:
        assert third is not first


async def test_who_has_fallen_behind_what_is_remembered_is_told_so(journal: Journal) -> None:
    async with feeds.watching(feeds.DeploySubject(journal), 2) as feed:
        await asyncio.wait_for(feed.news.wait(), 10)
        assert [line.text for line in feed.after(2) or []] == ["three"]
        assert feed.after(0) is None
        assert feed.after(9) == []


async def test_a_step_that_moves_is_news_without_a_line(journal: Journal) -> None:
    feed = feeds.Feed(feeds.DeploySubject(journal), 0, patience=0.05)
    await texts_of(feed, 3)
    before = feed.version
    step = await database_sync_to_async(journal.steps.get)(key="buildpack:1")
    await database_sync_to_async(step.move)("done")
    while feed.version == before:
        await asyncio.wait_for(feed.news.wait(), 10)
    await feed.close()
