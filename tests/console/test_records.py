"""Records of acts: what one says, that none can be changed, and that none holds a secret."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from pytest_django import Settings

from console.activity import record
from console.client import address_of
from console.models import Activity, AppendOnly
from runtimes.models import App, ConfigVar, Team
from tests.console import factories as make
from tests.console.deeds import SECRET


def everything() -> str:
    """All that is kept of all acts."""
    return json.dumps(list(Activity.objects.values()), default=str)


def test_a_record_says_who_did_what_to_which_object_and_from_where(app: App, alice: Client) -> None:
    make.deploy(app)
    make.instances(app, "web", ["up"])
    alice.post("/apps/shop/processes/scale", {"process": "web", "quantity": "3"})
    row = Activity.objects.get()
    assert (row.actor, row.actor_key) == ("alice", make.known("alice").pk)
    assert (row.team, row.app, row.environment, row.target) == ("Alice's team", "shop", "production", "web=3")
    assert (row.team_key, row.app_key, row.address) == (app.team_id, app.pk, "127.0.0.1")


def test_config_is_recorded_by_name(app: App, alice: Client) -> None:
    alice.post("/apps/shop/config/paste", {"paste-text": f"A={SECRET}\nB=2", "environment": "production"})
    assert Activity.objects.get().target == "A, B"


def test_a_secret_that_somebody_hands_over_all_the_same_is_masked(app: App) -> None:
    ConfigVar.objects.create(app=app, key="TOKEN", value=SECRET)
    record(make.known("alice"), "restart", app=app, target=f"--token={SECRET}", words=[SECRET], word=SECRET)
    row = Activity.objects.get()
    assert (row.target, row.facts) == ("--token=[redacted]", {"words": ["[redacted]"], "word": "[redacted]"})


def test_a_failed_sign_in_keeps_a_name_that_exists_and_no_other(team: Team, client: Client) -> None:
    client.post("/login", {"username": "Alice", "password": SECRET})
    client.post("/login", {"username": SECRET, "password": "x"})
    newest, first = Activity.objects.all()
    assert (first.action, first.actor, first.target) == ("sign-in-failed", "", "Alice")
    assert (newest.action, newest.target) == ("sign-in-failed", "")
    assert SECRET not in everything()


def test_guessing_on_does_not_fill_the_activity(team: Team, client: Client) -> None:
    for _ in range(15):
        client.post("/login", {"username": "alice", "password": "wrong"})
    assert Activity.objects.count() == 10


def test_what_is_recorded_outlives_the_app_and_the_person(app: App) -> None:
    record(make.known("mark"), "restart", environment=app.production, target="web")
    make.known("mark").delete()
    app.delete()
    row = Activity.objects.get()
    assert (row.actor, row.app, row.environment, row.target) == ("mark", "shop", "production", "web")


def test_a_record_cannot_be_changed_or_removed(app: App) -> None:
    row = record(make.known("alice"), "restart", app=app)
    row.actor = "somebody else"
    for attempt in (row.save, row.delete, Activity.objects.all().delete, lambda: Activity.objects.update(actor="x")):
        with pytest.raises(AppendOnly):
            attempt()
    assert Activity.objects.get().actor == "alice"


@pytest.mark.parametrize("statement", ["UPDATE console_activity SET actor = 'x'", "DELETE FROM console_activity"])
def test_the_database_refuses_what_goes_round_the_model(statement: str, app: App) -> None:
    record(None, "restart", app=app)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Activity.objects.exclude(actor="x").count() == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "no address", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_clients_address_is_what_our_own_proxies_saw(
    proxies: int, forwarded: str, address: str, settings: Settings
) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == address
