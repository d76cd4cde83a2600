"""What cannot be taken back asks for the name of what it destroys, and the server reads it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.db.models import Model
from django.test import Client

from buildpacks.models import Buildpack
from console.activity import WORDS
from console.models import Activity
from runtimes.models import App, ConfigVar, Credentials, Stack
from tests.console import factories as make

# What can be made again from what a page shows; a dialog says what it means.
MADE_AGAIN = {
    "cache-clear",
    "domain-remove",
    "hint-remove",
    "invitation-revoke",
    "member-remove",
    "process-remove",
}


class Doomed(NamedTuple):
    """What is to go: where it is asked for, where that is sent, with what, and how it is found."""

    page: str
    address: str
    sent: dict[str, str]
    name: str
    found: Callable[[], Any]


def an_app(app: App) -> Doomed:
    alive = App.objects.filter(pk=app.pk, destroyed_at=None)
    return Doomed("/apps/shop/settings/", "/apps/shop/settings/destroy", {}, "shop", alive.exists)


def a_config_var(app: App) -> Doomed:
    app.config_vars.create(key="TOKEN", value="x", environment=app.production)
    app.config_vars.create(key="TOKEN", value="for all")
    address = "/apps/shop/config/remove"
    sent = {"key": "TOKEN", "environment": "production"}
    found = ConfigVar.objects.filter(environment=app.production).exists
    return Doomed(f"{address}?key=TOKEN&environment=production", address, sent, "TOKEN", found)


def a_buildpack(app: App) -> Doomed:
    made = Buildpack.objects.create(name="mine", kind="git", archive="x")
    address = f"/admin/buildpacks/{made.pk}"
    return Doomed(f"{address}/", address, {"do": "remove"}, "mine", lambda: _is_there(made))


def a_stack(app: App) -> Doomed:
    made = Stack.objects.create(name="theirs", identifier="theirs", build_from="b", run_from="r")
    address = f"/admin/stacks/{made.pk}/remove"
    return Doomed(address, address, {}, "theirs", lambda: _is_there(made))


def credentials(app: App) -> Doomed:
    made = make.credentials(app.team)
    address = f"/credentials/{made.pk}/remove"
    return Doomed(address, address, {}, "ours", lambda: _is_there(made))


def _is_there(row: Model) -> bool:
    return bool(type(row)._default_manager.filter(pk=row.pk))


KINDS = {
    "app-destroy": an_app,
    "config-remove": a_config_var,
    "buildpack-remove": a_buildpack,
    "stack-remove": a_stack,
    "credentials-remove": credentials,
}


@pytest.mark.parametrize("action", KINDS)
def test_it_goes_only_by_its_name(action: str, app: App, signed_in: Callable[[str], Client]) -> None:
    root, doomed = signed_in("root"), KINDS[action](app)
    asked = root.get(doomed.page).content.decode()
    assert f"Type {doomed.name} to confirm" in asked
    for typed in ({}, {"name": ""}, {"name": doomed.name.swapcase()}):
        refused = root.post(doomed.address, doomed.sent | typed)
        assert refused.status_code == 422
        said = "Nothing was destroyed." if typed.get("name") else "This field is required."
        assert said in refused.content.decode()
        assert f"Type {doomed.name} to confirm" in refused.content.decode()
    assert doomed.found()
    assert not Activity.objects.exists()
    assert root.post(doomed.address, doomed.sent | {"name": doomed.name}).status_code == 302
    assert not doomed.found()
    assert [row.action for row in Activity.objects.all()] == [action]


def test_a_var_for_all_is_not_the_one_of_an_environment(app: App, alice: Client) -> None:
    doomed = a_config_var(app)
    assert "It is set for production." in alice.get(doomed.page).content.decode()
    alice.post(doomed.address, doomed.sent | {"name": "TOKEN"})
    assert [var.environment for var in ConfigVar.objects.all()] == [None]


def test_what_is_in_the_way_stands_at_the_field(app: App, signed_in: Callable[[str], Client]) -> None:
    doomed = credentials(app)
    App.objects.update(source="image", image="registry.example.com/shop:1", credentials=Credentials.objects.get())
    refused = signed_in("alice").post(doomed.address, {"name": "ours"})
    assert (refused.status_code, "ours are used by shop." in refused.content.decode()) == (422, True)
    assert doomed.found()


def test_every_act_that_ends_something_asks_for_a_name_or_can_be_made_again() -> None:
    ending = {action for action in WORDS if action.rpartition("-")[2] in {"destroy", "remove", "revoke", "clear"}}
    assert ending == KINDS.keys() | MADE_AGAIN
