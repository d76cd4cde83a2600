"""Every address for every role: who gets in, who is refused, for whom there is nothing there."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from pytest_django.plugin import DjangoDbBlocker

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.models import Hint
from console import access, invitations
from runtimes.models import App, Role, Shell, Stack, Team
from tests.console import factories as make
from tests.console.deeds import CHANGE_NOTHING, DEEDS
from tests.doubles import empty_queues, queued, undone

pytestmark = pytest.mark.thorough

PEOPLE = ("", "charlie", "vera", "mark", "olga", "alice", "root")
ROLES = {"vera": Role.VIEWER, "mark": Role.MEMBER, "olga": Role.OPERATOR, "alice": Role.ADMIN}


class Route(NamedTuple):
    """Who may use an address: `public`, whoever is `signed in`, or who may do this action to the app."""

    needs: str
    method: str = "get"
    args: tuple[str | int, ...] = ("shop",)


ROUTES = {
    "login": Route("public", args=()),
    "logout": Route("signed in", "post", ()),
    "theme": Route("signed in", "post", ()),
    "apps": Route("signed in", args=()),
    "switch": Route("signed in", args=()),
    "create": Route("signed in", args=()),
    "app": Route("see"),
    "start": Route("deploy", "post"),
    "deploys": Route("see"),
    "deploy": Route("see", args=("shop", 1)),
    "deploy-live": Route("see", args=("shop", 1)),
    "cancel": Route("cancel", "post", ("shop", 2)),
    "retry": Route("deploy", "post", ("shop", 1)),
    "log": Route("see", args=("shop", 1)),
    "log-search": Route("see", args=("shop", 1)),
    "log-text": Route("see", args=("shop", 1)),
    "teams": Route("signed in", args=()),
    "found": Route("administer", "post", ()),
    "team": Route("see", args=("team",)),
    "join": Route("manage members", "post", ("team",)),
    "leave": Route("manage members", "post", ("team",)),
    "invite": Route("manage members", "post", ("team",)),
    "revoke-invitation": Route("manage members", "post", ("team", "invitation")),
    "invitation": Route("public", args=("token",)),
    "accept-invitation": Route("public", "post", ("token",)),
    "persons": Route("administer", args=()),
    "welcome": Route("administer", "post", ()),
    "change": Route("administer", "post", (1,)),
    "registry": Route("administer", args=()),
    "register": Route("administer", "post", ()),
    "order-registry": Route("administer", "post", ()),
    "arrange-registry": Route("administer", "post", ("buildpack",)),
    "registered": Route("administer", args=("buildpack",)),
    "environment-registry": Route("administer", "post", ("buildpack",)),
    "health": Route("administer", args=()),
    "limits": Route("administer", args=()),
    "clean-up": Route("administer", "post", ()),
    "hints": Route("administer", args=()),
    "add-hint": Route("administer", args=()),
    "try-hints": Route("administer", "post", ()),
    "hint": Route("administer", args=("hint",)),
    "change-hint": Route("administer", "post", ("hint",)),
    "stacks": Route("administer", args=()),
    "add-environment": Route("change source", "post"),
    "protect": Route("protect environments", "post"),
    "compare": Route("promote"),
    "promote": Route("promote", "post"),
    "add-stack": Route("administer", "post", ()),
    "renew-stack": Route("administer", "post", ("stack",)),
    "remove-stack": Route("administer", args=("stack",)),
    "choose-stack": Route("change source", "post"),
    "clear-cache": Route("order buildpacks", "post"),
    "queue": Route("signed in", args=()),
    "account": Route("signed in", args=()),
    "password": Route("signed in", "post", ()),
    "releases": Route("see"),
    "roll-back": Route("roll back", "post", ("shop", 1)),
    "processes": Route("see"),
    "scale": Route("operate", "post"),
    "process": Route("configure", args=("shop", "web")),
    "add-process": Route("configure", "post"),
    "remove-process": Route("configure", "post", ("shop", "web")),
    "release-command": Route("configure", "post"),
    "credentials": Route("signed in", args=()),
    "add-credentials": Route("signed in", "post", ()),
    "change-credentials": Route("keep credentials", args=("credentials",)),
    "remove-credentials": Route("keep credentials", args=("credentials",)),
    "restart": Route("operate", "post"),
    "switch-off": Route("operate", "post"),
    "runs": Route("see"),
    "start-run": Route("run", "post"),
    "run": Route("see", args=("shop", 1)),
    "cancel-run": Route("run", "post", ("shop", 1)),
    "run-log": Route("see", args=("shop", 1)),
    "run-log-search": Route("see", args=("shop", 1)),
    "run-log-text": Route("see", args=("shop", 1)),
    "shells": Route("shell"),
    "open-shell": Route("shell", "post"),
    "shell": Route("shell", args=("shop", "shell")),
    "output": Route("see"),
    "output-lines": Route("see"),
    "output-text": Route("see"),
    "buildpacks": Route("see"),
    "arrange": Route("order buildpacks", "post"),
    "detection": Route("see"),
    "preview": Route("deploy", "post"),
    "config": Route("see"),
    "config-set": Route("configure", "post"),
    "config-paste": Route("configure", "post"),
    "config-release": Route("configure", "post"),
    "config-reveal": Route("reveal", "post"),
    "config-export": Route("reveal", "post"),
    "config-remove": Route("configure"),
    "domains": Route("see"),
    "add-domain": Route("configure", "post"),
    "look-domain": Route("configure", "post"),
    "remove-domain": Route("configure", "post"),
    "force-https": Route("configure", "post"),
    "settings": Route("see"),
    "activity": Route("see"),
    "activity-csv": Route("see"),
    "platform-activity": Route("administer", args=()),
    "platform-activity-csv": Route("administer", args=()),
    "source": Route("change source", "post"),
    "destroy": Route("destroy", "post"),
}


# What an address is sent where an empty form would not do.
DATA = {
    "promote": {"environment": "production", "to": "staging"},
    "config-reveal": {"key": "TOKEN"},
    "protect": {"environment": "production"},
}
# And what is asked of one in its address.
BETWEEN = "?environment=production&to=staging"
QUERY = {"compare": BETWEEN, "promote": BETWEEN, "config-remove": "?key=TOKEN"}


def names() -> set[str]:
    """The names of all addresses there are."""
    return {each.name or "" for each in get_resolver().url_patterns if isinstance(each, URLPattern)}


def arguments() -> dict[Any, Any]:
    """What stands for a key that only the database knows."""
    registry.sync()
    team = Team.objects.get(name="Alice's team")
    invitation, token = invitations.invite(team, Role.VIEWER, make.known("alice"))
    return {
        "team": team.pk,
        "invitation": invitation.pk,
        "token": token,
        "buildpack": Buildpack.objects.get(name="python").pk,
        "hint": Hint.objects.earliest("pk").pk,
        "stack": Stack.objects.earliest("pk").pk,
        "credentials": make.credentials(team).pk,
        "shell": Shell.objects.values_list("pk", flat=True).first() or 0,
    }


def answer(client: Client, name: str, keys: dict[Any, Any]) -> Any:
    """What the address says, used as it is meant to be."""
    route = ROUTES[name]
    address = reverse(name, args=[keys.get(arg, arg) for arg in route.args])
    address += QUERY.get(name, "")
    data = DATA.get(name, {})
    return client.get(address) if route.method == "get" else client.post(address, data)


def outcome(response: Any) -> str:
    """In one word: in, refused, nothing there, or to the sign-in page."""
    if response.status_code == 302 and response.headers["Location"].startswith("/login?"):
        return "sign in"
    return {403: "refused", 404: "nothing"}.get(response.status_code, "in" if response.status_code < 500 else "broken")


def expected(route: Route, person: str) -> str:
    """What the table says for this person."""
    if route.needs == "public":
        return "in"
    if not person:
        return "sign in"
    if route.needs == "signed in" or person == "root":
        return "in"
    if person == "charlie" or route.needs == "administer":
        return "nothing"
    return "in" if ROLES[person] in access.TABLE[route.needs] else "refused"


def test_every_action_of_a_role_has_words() -> None:
    assert {action for action, roles in access.TABLE.items() if roles} == access.WORDS.keys()


def test_no_address_is_unknown_here() -> None:
    assert names() == ROUTES.keys()


class World(NamedTuple):
    """Everything that an address may name, and who is signed in by which session."""

    keys: dict[Any, Any]
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once; what a test does to it is undone."""
    with django_db_blocker.unblock(), undone():
        app = make.app("shop", make.people())
        app.environments.create(name="staging")
        app.production.processes.create(name="web")
        app.config_vars.create(key="TOKEN", value="hidden-value")
        make.deploy(app, "live")
        make.deploy(app, "building", by=make.known("root"))
        make.run(app, "python manage.py migrate")
        make.shell(app, make.known("root"))
        yield World(arguments(), {person: session_of(person) for person in PEOPLE if person})


def session_of(person: str) -> str:
    """The key of a session in which somebody is signed in."""
    client = Client()
    client.force_login(make.known(person))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def browser(person: str, world: World) -> Client:
    """A browser in which somebody is signed in; nobody for an empty name."""
    client = Client(raise_request_exception=False)
    if person:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[person]
    return client


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_an_address_lets_in_whom_the_table_says(name: str, world: World, db: None) -> None:
    outcomes = {}
    for person in PEOPLE:
        with undone():
            outcomes[person] = outcome(answer(browser(person, world), name, world.keys))
    assert outcomes == {person: expected(ROUTES[name], person) for person in PEOPLE}


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if route.method == "post"))
def test_nothing_is_changed_by_following_a_link(name: str, world: World, db: None) -> None:
    address = reverse(name, args=[world.keys.get(arg, arg) for arg in ROUTES[name].args])
    assert browser("alice", world).get(address).status_code == 405


async def whole(found: Any) -> bytes:
    """What is streamed."""
    return b"".join([part async for part in found.streaming_content])


def test_no_address_that_takes_something_is_unknown_to_the_walk_of_deeds(world: World, db: None) -> None:
    taking = set()
    for name in names():
        with undone():
            address = reverse(name, args=[world.keys.get(arg, arg) for arg in ROUTES[name].args])
            if browser("root", world).post(address, {"do": "nothing", "name": "?", "what": "?"}).status_code != 405:
                taking.add(name)
    assert taking == DEEDS.keys() | CHANGE_NOTHING


def written(queries: CaptureQueriesContext) -> list[str]:
    """The statements that do more than read."""
    harmless = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [each["sql"] for each in queries if not each["sql"].lstrip("( ").startswith(harmless)]


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if route.method == "get"))
def test_looking_changes_nothing_orders_nothing_and_shows_no_secret(name: str, world: World, db: None) -> None:
    empty_queues()
    client = browser("root", world)
    with CaptureQueriesContext(connection) as queries:
        found = answer(client, name, world.keys)
        content = async_to_sync(whole)(found) if found.streaming else found.content
    assert found.status_code in {200, 302}
    assert written(queries) == []
    assert queued() == []
    assert b"hidden-value" not in content
    kind = found.headers["Content-Type"]
    as_a_file = found.headers.get("Content-Disposition", "").startswith("attachment")
    assert as_a_file or kind.startswith(("text/html", "application/json")), kind
    assert found.headers["X-Content-Type-Options"] == "nosniff"


# What changes what serves in an environment: the address, and what is sent there.
RELEASING = {
    "start": {},
    "retry": {},
    "roll-back": {},
    "promote": {"environment": "staging", "to": "production"},
    "config-release": {},
}


@pytest.mark.parametrize("lowest", [Role.OPERATOR, Role.ADMIN])
@pytest.mark.parametrize("name", sorted(RELEASING))
def test_a_protected_environment_takes_releases_only_from_the_role_it_names(
    name: str, lowest: Role, world: World, db: None
) -> None:
    app = App.objects.get()
    app.environments.filter(name="production").update(protection=lowest)
    for person in ("vera", "mark", "olga", "alice", "root"):
        with undone():
            sent = browser(person, world).post(reverse(name, args=ROUTES[name].args), RELEASING[name])
        high_enough = person == "root" or access.at_most(make.known(person), app.team, lowest)
        allowed = high_enough and expected(ROUTES[name], person) == "in"
        assert (person, outcome(sent)) == (person, "in" if allowed else "refused")
