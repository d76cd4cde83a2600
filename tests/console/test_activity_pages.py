"""The pages of the activity, and its files."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from pytest_django import DjangoAssertNumQueries

from console.activity import record
from runtimes.models import App
from tests.console import factories as make
from tests.console.test_views import page


def test_an_app_shows_who_did_what_newest_first(app: App, signed_in: Callable[[str], Client]) -> None:
    record(make.known("alice"), "scale", environment=app.production, target="web=2", address="203.0.113.9")
    record(make.known("olga"), "restart", environment=app.production, target="worker.1")
    shown = page(signed_in("vera"), "/apps/shop/activity/")
    assert shown.index("worker.1") < shown.index("web=2")
    assert "203.0.113.9" not in shown


def test_nothing_done_yet_says_what_will_be_here(app: App, alice: Client) -> None:
    assert "Nothing was done yet" in page(alice, "/apps/shop/activity/")


def test_it_can_be_filtered_by_person_and_by_kind(app: App, alice: Client) -> None:
    record(make.known("alice"), "scale", app=app, target="web=2")
    record(make.known("olga"), "scale", app=app, target="web=3")
    record(make.known("olga"), "restart", app=app, target="worker.1")
    shown = page(alice, "/apps/shop/activity/?actor=olga&action=scale")
    assert "web=3" in shown
    assert "web=2" not in shown
    assert "worker.1" not in shown
    assert "Nothing of that kind" in page(alice, "/apps/shop/activity/?actor=alice&action=restart")


@pytest.mark.thorough
def test_older_ones_are_a_page_away_and_keep_the_filter(app: App, alice: Client) -> None:
    first = record(make.known("olga"), "scale", app=app, target="web=0")
    record(make.known("alice"), "scale", app=app, target="by alice")
    for number in range(1, 51):
        record(make.known("olga"), "scale", app=app, target=f"web={number}")
    shown = page(alice, "/apps/shop/activity/?actor=olga")
    older = f"?actor=olga&amp;before={first.pk + 2}"
    assert older in shown
    assert "<code>web=0</code>" not in shown
    shown = page(alice, f"/apps/shop/activity/{older.replace('&amp;', '&')}")
    assert "<code>web=0</code>" in shown
    assert "by alice" not in shown
    assert "Older" not in shown
    assert 'href="?actor=olga">Newest' in shown


def test_nonsense_in_the_address_shows_the_newest(app: App, alice: Client) -> None:
    record(make.known("olga"), "scale", app=app, target="web=1")
    assert "<code>web=1</code>" in page(alice, "/apps/shop/activity/?before=x")
    assert "Nothing of that kind" in page(alice, "/apps/shop/activity/?action=%27")


def test_a_new_app_does_not_inherit_what_was_done_to_an_old_one_of_its_name(
    app: App, signed_in: Callable[[str], Client]
) -> None:
    record(make.known("alice"), "scale", app=app, target="web=2")
    app.delete()
    make.app("shop", make.known("charlie").teams.get())
    assert "web=2" not in page(signed_in("charlie"), "/apps/shop/activity/")


def test_the_platform_shows_everything_with_the_addresses(app: App, signed_in: Callable[[str], Client]) -> None:
    record(make.known("alice"), "scale", app=app, target="web=2", address="203.0.113.9")
    record(None, "person-add", target="nora")
    shown = page(signed_in("root"), "/admin/activity")
    for piece in ("web=2", "203.0.113.9", "nora", "command line"):
        assert piece in shown


def test_many_records_cost_no_more_queries_than_one(
    app: App, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        record(make.known("alice"), "scale", environment=app.production, target=f"web={number}")
    with django_assert_max_num_queries(12):
        alice.get("/apps/shop/activity/")


async def file(client: AsyncClient, person: str, address: str) -> tuple[list[list[str]], Any]:
    """A downloaded file of rows, and the answer that it came in."""
    await client.aforce_login(await sync_to_async(make.known)(person))
    answer: Any = await client.get(address)
    text = b"".join([part async for part in answer.streaming_content]).decode()
    return list(csv.reader(io.StringIO(text))), answer


async def test_the_file_has_what_the_page_has(shared_db: None, app: App, async_client: AsyncClient) -> None:
    def acts() -> None:
        record(make.known("alice"), "scale", environment=app.production, target="web=2", address="203.0.113.9")
        record(make.known("olga"), "deploy", app=app, target="#7", ref="main", clear_cache=True)

    await sync_to_async(acts)()
    rows, answer = await file(async_client, "vera", "/apps/shop/activity.csv")
    assert rows[0] == ["time", "who", "via", "action", "team", "app", "environment", "target", "facts"]
    assert rows[1][1:] == ["olga", "page", "deploy", "Alice's team", "shop", "", "#7", "ref main, clear cache"]
    assert rows[2][1:] == ["alice", "page", "scale", "Alice's team", "shop", "production", "web=2", ""]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shop-activity.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_platforms_file_is_filtered_and_has_the_addresses(
    shared_db: None, app: App, async_client: AsyncClient
) -> None:
    await sync_to_async(record)(None, "restart", app=app, target="web")
    await sync_to_async(lambda: record(make.known("alice"), "scale", app=app, target="a", address="203.0.113.9"))()
    rows, _ = await file(async_client, "root", "/admin/activity.csv?action=scale")
    assert [(row[7], row[9]) for row in rows] == [("target", "address"), ("a", "203.0.113.9")]


async def test_a_spreadsheet_finds_no_formula_in_the_file(shared_db: None, app: App, async_client: AsyncClient) -> None:
    for target in ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"):
        await sync_to_async(record)(None, "restart", app=app, target=target)
    rows, _ = await file(async_client, "alice", "/apps/shop/activity.csv")
    assert sorted(row[7] for row in rows[1:]) == ["'\t=1", "'+1", "'-1", "'=HYPERLINK(1)", "'@SUM(1)"]
