"""Every act leaves a record, none can be changed, and none holds a secret."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from console.activity import WORDS, record
from console.client import address_of
from console.models import Activity, AppendOnly
from runtimes.models import App, ConfigVar, Stack, Team
from tests.console import factories as make
from tests.console.deeds import DEEDS, SECRET, Deed
from tests.console.test_access import ROUTES, arguments


@pytest.fixture
def shop(app: App) -> App:
    """The app with everything in it that somebody can act on."""
    app.environments.create(name="staging")
    app.config_vars.create(key="DATABASE_URL", value=f"postgres://u:{SECRET}@db/x")
    make.deploy(app, "live")
    make.deploy(app, "live")
    make.deploy(app, "building")
    make.instances(app, "web", ["up"])
    make.domains(app)
    make.run(app, "sleep infinity", "running")
    make.shell(app, make.known("root"))
    Stack.objects.create(
        name="theirs", identifier="theirs", build_from="b", run_from="r", build_image="b1", run_image="r1"
    )
    return app


def post(client: Client, name: str, deed: Deed) -> Any:
    """Send a deed to an address."""
    keys = arguments() | {"their stack": Stack.objects.get(name="theirs").pk}
    args = [keys.get(arg, arg) for arg in (deed.args or ROUTES[name].args)]
    return client.post(reverse(name, args=args), deed.data() if callable(deed.data) else deed.data)


def everything() -> str:
    """All that is kept of all acts."""
    return json.dumps(list(Activity.objects.values()), default=str)


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_every_act_on_a_page_leaves_one_record_without_a_secret(
    name: str, shop: App, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in(DEEDS[name].person)
    assert post(client, name, DEEDS[name]).status_code in {200, 302}
    (row,) = Activity.objects.all()
    assert (row.action, row.via, row.address) == (DEEDS[name].action, "page", "127.0.0.1")
    assert row.actor == {"login": "alice", "accept-invitation": "nora"}.get(name, "root")
    assert row.action in WORDS
    assert SECRET not in everything()


@pytest.mark.parametrize(
    ("name", "do", "action"),
    [
        ("change", "in", "person-in"),
        ("change", "out", "person-out"),
        ("arrange-registry", "enable", "buildpack-enable"),
        ("change-stack", "remove", "stack-remove"),
        ("switch-off", "stop", "stop"),
        ("switch-off", "start", "start"),
        ("switch-off", "serve", "maintenance-off"),
    ],
)
def test_a_button_among_several_leaves_its_own_word(
    name: str, do: str, action: str, shop: App, signed_in: Callable[[str], Client]
) -> None:
    post(signed_in("root"), name, DEEDS[name]._replace(data={"do": do}))
    assert [row.action for row in Activity.objects.all()] == [action]


def test_what_is_refused_is_not_done_and_leaves_no_record(shop: App, signed_in: Callable[[str], Client]) -> None:
    post(signed_in("vera"), "scale", DEEDS["scale"])
    post(signed_in("root"), "scale", Deed("", {"process": "web", "quantity": "x"}))
    post(signed_in("root"), "config-remove", Deed("", {"key": "NOTHING"}))
    assert not Activity.objects.exists()


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
