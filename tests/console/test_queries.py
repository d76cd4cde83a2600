"""How many questions a page asks of the database: few, and as many with many rows as with few."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from buildpacks import registry
from buildpacks.models import Buildpack
from runtimes.models import App, Team
from tests.console import factories as make
from tests.doubles import undone

pytestmark = pytest.mark.thorough

MOST = 12
OF_AN_APP = (
    "/apps/shop/",
    "/apps/shop/deploys/",
    "/apps/shop/deploys/1/",
    "/apps/shop/deploys/2/",
    "/apps/shop/deploys/3/",
    "/apps/shop/deploys/3/live",
    "/apps/shop/deploys/3/log",
    "/apps/shop/deploys/4/",
    "/apps/shop/deploys/4/live",
    "/apps/shop/releases/",
    "/apps/shop/processes/",
    "/apps/shop/logs/",
    "/apps/shop/logs/lines",
    "/apps/shop/buildpacks/",
    "/apps/shop/config/",
    "/apps/shop/settings/",
    "/apps/shop/activity/",
)
OF_EVERYTHING = ("/", "/apps/switch", "/apps/new", "/queue", "/teams/", "/account/")
OF_ADMINS = (
    "/admin/people",
    "/admin/buildpacks",
    "/admin/stacks",
    "/admin/hints",
    "/admin/activity",
    "/admin/health",
    "/admin/limits",
)


def fill(app: App, deploys: int) -> None:
    """The same for one app as for another: deploys in every state, what runs, and what is set."""
    for _ in range(deploys):
        make.deploy(app, "live", by=make.known("alice"), lines=[(1, "line")] * 20)
    make.deploy(app, "failed", by=make.known("mark"), lines=[(4, "No space left on device")])
    make.deploy(app, "building", lines=[(4, "line")])
    make.deploy(app, "queued")
    make.instances(app, "web", ["up"] * deploys)
    make.instances(app, "worker", ["crashed"], crashes=2)
    make.printed(app, [("web.1", "hello")] * 50 * deploys)
    for number in range(deploys):
        app.config_vars.create(key=f"KEY_{number}", value="value")
    for place, buildpack in enumerate(Buildpack.objects.filter(name__in=("nodejs", "python"))):
        app.app_buildpacks.create(buildpack=buildpack, position=place)


def more(team: Team) -> None:
    """Many times as much of everything."""
    shop = App.objects.get(name="shop")
    shop.environments.create(name="staging")
    for number in range(8):
        other = make.team(f"Team {number}", **{f"person{number}": "member", "alice": "viewer"})
        fill(make.app(f"app-{number}", other if number % 2 else team), 4)
    for number in range(12):
        shop.config_vars.create(key=f"MORE_{number}", value="value")


class Visit(NamedTuple):
    """How a page answered, and how many queries it took."""

    status: int
    queries: int


ASKED = (
    *(("alice", address) for address in (*OF_AN_APP, *OF_EVERYTHING)),
    *(("root", address) for address in (*OF_EVERYTHING, *OF_ADMINS)),
)


def visit(client: Client, address: str) -> Visit:
    """Look at a page."""
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
    return Visit(status, len(queries))


def visit_all() -> dict[tuple[str, str], Visit]:
    """Look at every page."""
    clients = {person: Client() for person in ("alice", "root")}
    for person, client in clients.items():
        client.force_login(make.known(person))
    return {(person, address): visit(clients[person], address) for person, address in ASKED}


@pytest.fixture(scope="module")
def visits(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, dict[tuple[str, str], Visit]]:
    """All pages with few rows and with many; of the app, deploys 1 and 2 served, 3 failed, 4 builds, 5 waits."""
    with django_db_blocker.unblock(), undone():
        shop = make.app("shop", make.people())
        registry.sync()
        fill(shop, 2)
        visit_all()  # what is asked once per process is no page's
        few = visit_all()
        more(shop.team)
        return {"few": few, "many": visit_all()}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_a_page_asks_few_questions_however_much_there_is(
    asked: tuple[str, str], visits: dict[str, dict[tuple[str, str], Visit]]
) -> None:
    few, many = visits["few"][asked], visits["many"][asked]
    assert (few.status, many.status) == (200, 200)
    assert many.queries <= MOST
    assert many.queries <= few.queries, f"{few} before, {many} with more rows"
