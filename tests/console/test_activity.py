"""Every act on a page leaves a record without a secret; what is refused leaves none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from console.activity import WORDS
from console.models import Activity
from runtimes.models import Stack
from tests.console import factories as make
from tests.console.deeds import DEEDS, SECRET, Deed
from tests.console.test_access import PEOPLE, ROUTES, World, arguments, browser, session_of
from tests.doubles import undone


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The app with everything in it that somebody can act on; made once, and what a test does to it is undone."""
    with django_db_blocker.unblock(), undone():
        app = make.app("shop", make.people())
        app.environments.create(name="staging")
        app.config_vars.create(key="DATABASE_URL", value=f"postgres://u:{SECRET}@db/x")
        make.deploy(app, "live")
        make.deploy(app, "live")
        make.deploy(app, "building")
        make.instances(app, "web", ["up"])
        make.domains(app)
        make.run(app, "sleep infinity", "running")
        make.shell(app, make.known("root"))
        theirs = Stack.objects.create(
            name="theirs", identifier="theirs", build_from="b", run_from="r", build_image="b1", run_image="r1"
        )
        sessions = {person: session_of(person) for person in PEOPLE if person}
        yield World(arguments() | {"their stack": theirs.pk}, sessions)


def post(person: str, name: str, deed: Deed, world: World) -> Any:
    """Send a deed to an address."""
    args = [world.keys.get(arg, arg) for arg in (deed.args or ROUTES[name].args)]
    data = deed.data() if callable(deed.data) else deed.data
    return browser(person, world).post(reverse(name, args=args), data)


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_every_act_on_a_page_leaves_one_record_without_a_secret(name: str, world: World, db: None) -> None:
    assert post(DEEDS[name].person, name, DEEDS[name], world).status_code in {200, 302}
    (row,) = Activity.objects.all()
    assert (row.action, row.via, row.address) == (DEEDS[name].action, "page", "127.0.0.1")
    assert row.actor == {"login": "alice", "accept-invitation": "nora"}.get(name, "root")
    assert row.action in WORDS
    assert SECRET not in json.dumps(list(Activity.objects.values()), default=str)


@pytest.mark.parametrize(
    ("name", "do", "action"),
    [
        ("change", "in", "person-in"),
        ("change", "out", "person-out"),
        ("arrange-registry", "enable", "buildpack-enable"),
        ("switch-off", "stop", "stop"),
        ("switch-off", "start", "start"),
        ("switch-off", "serve", "maintenance-off"),
    ],
)
def test_a_button_among_several_leaves_its_own_word(name: str, do: str, action: str, world: World, db: None) -> None:
    post("root", name, DEEDS[name]._replace(data={"do": do}), world)
    assert [row.action for row in Activity.objects.all()] == [action]


def test_what_is_refused_is_not_done_and_leaves_no_record(world: World, db: None) -> None:
    post("vera", "scale", DEEDS["scale"], world)
    post("root", "scale", Deed("", {"process": "web", "quantity": "x"}), world)
    post("root", "config-remove", Deed("", {"key": "NOTHING"}), world)
    assert not Activity.objects.exists()
