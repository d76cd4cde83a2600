"""What instances print, on its page and as a file: by process and instance, also of those that are gone."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from runtimes.models import App
from tests.console import factories as make

LOGS = "/apps/shop/logs"


@pytest.fixture
def shop(app: App) -> App:
    """An app of which web.1 runs and worker.1 is gone; both have printed something."""
    make.deploy(app)
    make.instances(app, "web", ["up"])
    make.instances(app, "worker", ["down"])
    make.printed(
        app, [("worker.1", "I am \x1b[31mdone\x1b[0m"), *(("web.1", f"GET /{number}") for number in range(300))]
    )
    return app


def test_a_page_of_lines_says_when_of_which_instance_and_release(shop: App, alice: Client) -> None:
    found = alice.get(f"{LOGS}/lines").json()
    assert (found["last"], len(found["lines"])) == (301, 301)
    at, _step, text, instance, release, number = found["lines"][1]
    assert (text, instance, release, number) == ("GET /0", "web.1", "v1", 2)
    assert at > found["lines"][0][0]
    assert [line[5] for line in alice.get(f"{LOGS}/lines?since=299").json()["lines"]] == [300, 301]


def test_instances_that_are_gone_can_be_chosen_and_are_found_however_much_others_print(
    shop: App, alice: Client
) -> None:
    page = alice.get(f"{LOGS}/?instance=worker.1").content.decode()
    assert "<option selected>worker.1</option>" in page
    assert "I am done" in page
    assert "GET /" not in page
    assert "<option >web</option>" in page


@pytest.mark.parametrize(("instance", "count"), [("", 301), ("web", 300), ("web.1", 300), ("worker.1", 1)])
async def test_all_that_is_kept_is_a_file(
    shared_db: None, shop: App, async_client: AsyncClient, instance: str, count: int
) -> None:
    await async_client.aforce_login(await sync_to_async(make.known)("alice"))
    answer: Any = await async_client.get(f"{LOGS}.txt?instance={instance}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shop-production.txt"'
    lines = b"".join([part async for part in answer.streaming_content]).decode().splitlines()
    assert len(lines) == count
    if instance in ("", "worker.1"):
        assert lines[0].endswith("Z v1 worker.1 I am done"), "without what only a terminal obeys"


def test_another_environment_has_lines_of_its_own(shop: App, alice: Client) -> None:
    shop.environments.create(name="staging")
    assert alice.get(f"{LOGS}/lines?environment=staging").json() == {"lines": [], "last": 0}
