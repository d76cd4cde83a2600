"""What the pages say of a restart: that it is asked for, that nobody heard it, what it left as it was."""

import pytest
from django.test import Client

from runtimes.models import App, Instance
from runtimes.restart import is_under_way
from tests import factories as make
from tests.doubles import queued

pytestmark = pytest.mark.django_db

PAGE = "/apps/shop/processes/"


@pytest.fixture
def instances(app: App) -> list[Instance]:
    """Two that serve."""
    release = make.release(app.production)
    app.production.processes.update(quantity=2)
    facts = {"environment": app.production, "release": release, "process": "web", "state": "up"}
    return [Instance.objects.create(index=index, ref=f"web.{index}", **facts) for index in (1, 2)]


def restart(alice: Client, what: str) -> str:
    return alice.post("/apps/shop/processes/restart", {"what": what}, follow=True).content.decode()


def test_a_restart_that_is_asked_for_is_on_the_page_until_it_is_done(
    instances: list[Instance], app: App, alice: Client
) -> None:
    page = restart(alice, "web.2")
    assert "web.2 restarts, one instance after the other." in page
    assert "To be restarted, one after the other: web.2<" in page
    assert queued() == [("runtimes.tasks.restart", [app.production.pk])]
    Instance.objects.update(restart_requested_at=None)
    assert "To be restarted" not in alice.get(PAGE).content.decode()


@pytest.mark.usefixtures("no_broker")
def test_where_no_worker_can_be_told_the_page_says_so_and_keeps_the_wish(
    instances: list[Instance], app: App, alice: Client
) -> None:
    page = restart(alice, "web").replace("&#x27;", "'")
    assert "The platform's workers cannot be reached at the moment. The restart is kept" in page
    assert "web restarts" not in page
    assert "To be restarted, one after the other: web.1, web.2<" in page
    assert is_under_way(app.production)


def test_what_the_last_restart_left_as_it_was_is_on_the_pages_of_its_instances(
    instances: list[Instance], app: App, alice: Client
) -> None:
    pages = ("/apps/shop/", PAGE)
    assert not any("the last restart" in alice.get(page).content.decode() for page in pages)
    app.environments.filter(name="production").update(unrestarted="web.1, web.2")
    for page in pages:
        assert "the last restart was given up for web.1, web.2: no other" in alice.get(page).content.decode()


def test_what_the_last_restart_left_is_no_news_while_the_next_one_is_under_way(
    instances: list[Instance], app: App, alice: Client
) -> None:
    app.environments.filter(name="production").update(unrestarted="web.1")
    page = restart(alice, "")
    assert ("To be restarted" in page, "the last restart" in page) == (True, False)
    assert "the last restart" not in alice.get("/apps/shop/").content.decode()
