"""How many questions a page asks of the database: few, and as many with many rows as with few."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from buildpacks import registry
from buildpacks.models import Buildpack
from runtimes.models import App, Team
from tests.console import factories as make

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


def counted(client: Client, address: str) -> int:
    """The queries of one visit."""
    client.get(address)  # what is asked once per process is not the page's
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.fixture
def shop(app: App) -> App:
    """An app with some of everything; deploys 1 and 2 served, 3 failed, 4 builds, 5 waits."""
    registry.sync()
    fill(app, 2)
    return app


@pytest.mark.parametrize(
    ("person", "address"),
    [
        *(("alice", address) for address in (*OF_AN_APP, *OF_EVERYTHING)),
        *(("root", address) for address in (*OF_EVERYTHING, *OF_ADMINS)),
    ],
)
def test_a_page_asks_few_questions_however_much_there_is(
    person: str, address: str, shop: App, team: Team, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in(person)
    few = counted(client, address)
    more(team)
    many = counted(client, address)
    assert many <= MOST, many
    assert many <= few, f"{few} before, {many} with more rows"
