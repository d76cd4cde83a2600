"""The page of a command: it is asked for, followed, canceled and kept."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from runtimes.models import App, OneOff, Release
from tests.console import factories as make

RUNS = "/apps/shop/runs/"


@pytest.fixture
def shop(app: App) -> App:
    """The app with a live release."""
    make.deploy(app)
    return app


def test_a_command_is_asked_for_and_its_page_opens_at_once(shop: App, alice: Client) -> None:
    answer = alice.post(f"{RUNS}start", {"command": "python manage.py migrate"})
    one = OneOff.objects.get()
    assert answer.headers["Location"] == "/apps/shop/runs/1/"
    assert (one.command, one.by.username, one.state) == ("python manage.py migrate", "alice", "waiting")
    page = alice.get("/apps/shop/runs/1/").content.decode()
    assert "python manage.py migrate" in page
    assert "Cancel command" in page


@pytest.mark.thorough
def test_a_secret_in_a_command_is_seen_on_no_page_and_is_not_run_again(
    shop: App, alice: Client, signed_in: Callable[[str], Client]
) -> None:
    alice.post(f"{RUNS}start", {"command": "curl -H 'Authorization: Basic typed-secret' example.org"})
    for reader in (alice, signed_in("vera"), signed_in("root")):
        for address in (RUNS, f"{RUNS}1/", "/apps/shop/activity/"):
            page = reader.get(address).content.decode()
            assert ("typed-secret" in page, "Basic [redacted]" in page) == (False, True), address
    again = alice.post(f"{RUNS}start", {"command": OneOff.objects.get().command})
    assert (again.status_code, "is not kept. Type it anew." in again.content.decode()) == (422, True)


def test_a_secret_in_the_command_of_a_process_type_is_not_shown(shop: App, signed_in: Callable[[str], Client]) -> None:
    make.instances(shop, "web", ["up"])
    Release.objects.update(commands={"web": "serve --token=typed-secret --port $PORT"})
    page = signed_in("vera").get("/apps/shop/processes/").content.decode()
    assert ("typed-secret" in page, "serve --token=[redacted] --port $PORT" in page) == (False, True)


def test_a_wrong_command_stays_in_its_field_and_is_told_why(shop: App, alice: Client) -> None:
    answer = alice.post(f"{RUNS}start", {"command": "x" * 5000})
    assert answer.status_code == 422
    assert "Write a command of at most 4000 characters." in answer.content.decode()
    assert not OneOff.objects.exists()


def test_where_nothing_is_live_there_is_nothing_to_fill_in(app: App, alice: Client) -> None:
    page = alice.get(RUNS).content.decode()
    assert "Nothing runs in production yet" in page
    assert 'name="command"' not in page


def test_who_may_not_run_sees_the_list_and_no_field(shop: App, signed_in: Callable[[str], Client]) -> None:
    vera = signed_in("vera")
    make.run(shop, "python manage.py check", "failed", exit_code=3)
    page = vera.get(RUNS).content.decode()
    assert "python manage.py check" in page
    assert "Exit status 3" in page
    assert 'name="command"' not in page


def test_a_command_is_canceled(shop: App, alice: Client) -> None:
    one = make.run(shop, "sleep infinity", "running")
    assert alice.post("/apps/shop/runs/1/cancel").status_code == 302
    one.journal.refresh_from_db()
    assert one.journal.canceled_by == make.known("alice")
    assert "Canceling" in alice.get("/apps/shop/runs/1/").content.decode()


def test_one_that_has_ended_cannot_be_canceled(shop: App, alice: Client) -> None:
    make.run(shop, "true")
    answer = alice.post("/apps/shop/runs/1/cancel", follow=True)
    assert "It is too late to cancel" in answer.content.decode()


def test_its_log_is_read_searched_and_told_to_be_whole(shop: App, alice: Client) -> None:
    make.run(shop, "seed", lines=["Made 3 rows", "Done"])
    page = alice.get("/apps/shop/runs/1/log").json()
    assert [row[2] for row in page["lines"]] == ["Made 3 rows", "Done"]
    assert (page["sealed"], page["state"]) == (True, "done")
    assert alice.get("/apps/shop/runs/1/log/search?q=rows").json() == {"count": 1, "lines": [1]}


async def test_its_log_is_a_file_too(shared_db: None, shop: App, async_client: AsyncClient) -> None:
    await sync_to_async(make.run)(shop, "seed", lines=["Made 3 rows"])
    await async_client.aforce_login(await sync_to_async(make.known)("alice"))
    answer: Any = await async_client.get("/apps/shop/runs/1/log.txt")
    assert b"".join([part async for part in answer.streaming_content]) == b"Made 3 rows\n"


def test_it_is_no_deploy(shop: App, alice: Client) -> None:
    make.run(shop, "true")
    assert alice.get("/apps/shop/deploys/0/").status_code == 404
    assert "#0" not in alice.get("/apps/shop/deploys/").content.decode()
    assert "#0" not in alice.get("/").content.decode()


def test_one_of_another_app_is_not_there(shop: App, alice: Client) -> None:
    other = make.app("other", shop.team)
    make.deploy(other)
    make.run(other, "true")
    assert alice.get("/apps/other/runs/1/").status_code == 200
    assert alice.get("/apps/shop/runs/1/").status_code == 404


def test_a_protected_environment_asks_for_a_higher_role(
    shop: App, signed_in: Callable[[str], Client], alice: Client
) -> None:
    environment = shop.production
    environment.protection = "admin"
    environment.save()
    olga = signed_in("olga")
    assert olga.post(f"{RUNS}start", {"command": "true"}).status_code == 403
    assert 'name="command"' not in olga.get(RUNS).content.decode()
    assert alice.post(f"{RUNS}start", {"command": "true"}).status_code == 302
