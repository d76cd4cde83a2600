"""What roles, protection and the end of an app or an account mean beyond single addresses."""

from collections.abc import Callable

from django.test import Client

from builds.deploys import get
from console import access
from runtimes.models import App, Role, Team
from tests.console import factories as make
from tests.console.test_access import outcome


def test_protection_of_one_environment_leaves_the_others(app: App, signed_in: Callable[[str], Client]) -> None:
    app.environments.create(name="staging")
    app.environments.filter(name="production").update(protection=Role.ADMIN)
    mark = signed_in("mark")
    assert outcome(mark.post("/apps/shop/deploy", {"environment": "staging"})) == "in"
    assert "production is protected" in mark.post("/apps/shop/deploy").content.decode()
    assert "production is protected" in mark.get("/apps/shop/").content.decode()
    assert "Deploy shop" not in mark.get("/").content.decode()


def test_a_deploy_of_another_app_is_not_there(app: App, team: Team, alice: Client) -> None:
    make.deploy(make.app("other", team))
    assert alice.get("/apps/other/deploys/1/").status_code == 200
    assert alice.get("/apps/shop/deploys/1/").status_code == 404


def test_a_destroyed_app_is_not_there(app: App, alice: Client) -> None:
    App.objects.update(destroyed_at="2026-01-01T00:00:00Z")
    assert alice.get("/apps/shop/").status_code == 404


def test_members_cancel_their_own_deploys_and_no_others(app: App) -> None:
    mark, olga = make.known("mark"), make.known("olga")
    make.deploy(app, "building", by=mark)
    own = get(app, 1)
    assert access.may_cancel(mark, access.rights(mark, app.team), own)
    make.deploy(app, "queued", by=olga)
    assert not access.may_cancel(mark, access.rights(mark, app.team), get(app, 2))
    assert access.may_cancel(olga, access.rights(olga, app.team), own)


def test_somebody_switched_off_may_do_nothing(app: App) -> None:
    alice = make.known("alice")
    alice.is_active = False
    assert access.rights(alice, app.team) == frozenset()
    alice.save()
    assert access.find_app(alice, "shop") is None
