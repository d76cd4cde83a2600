"""Values of config vars: masked on every page, shown to who may see them when they ask, and that is written down."""

from collections.abc import Callable

import pytest
from django.test import Client

from console import access
from console.dotenv import parse
from console.models import Activity
from runtimes.models import App
from tests.console import factories as make

SECRET = 'it\'s\na "secret" $VALUE'


@pytest.fixture
def shop(app: App) -> App:
    """The app with one var for all environments, and another value of it in production."""
    app.config_vars.create(key="TOKEN", value=SECRET)
    app.config_vars.create(key="TOKEN", value="productions-own", environment=app.production)
    return app


def test_a_value_is_revealed_alone_and_this_once(shop: App, alice: Client) -> None:
    answer = alice.post("/apps/shop/config/reveal", {"key": "TOKEN", "environment": "production"})
    assert "productions-own" in answer.content.decode()
    assert "$VALUE" not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert "productions-own" not in alice.get("/apps/shop/config/").content.decode()
    row = Activity.objects.get()
    assert (row.action, row.target, row.environment) == ("config-reveal", "TOKEN", "production")


@pytest.mark.parametrize("person", ["vera", "mark"])
@pytest.mark.parametrize("deed", ["reveal", "export"])
def test_who_may_not_see_values_is_not_offered_them_and_leaves_with_nothing(
    deed: str, person: str, shop: App, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in(person)
    assert f"/config/{deed}" not in client.get("/apps/shop/config/").content.decode()
    answer = client.post(f"/apps/shop/config/{deed}", {"key": "TOKEN"})
    assert (answer.status_code, "$VALUE" in answer.content.decode()) == (403, False)
    assert not Activity.objects.exists()


def test_who_may_run_a_command_may_see_what_it_could_print() -> None:
    assert access.TABLE["run"] | access.TABLE["shell"] <= access.TABLE["reveal"]


def test_a_protected_environments_values_are_shown_to_who_may_release_there(
    shop: App, signed_in: Callable[[str], Client], alice: Client
) -> None:
    shop.environments.create(name="staging")
    shop.environments.filter(name="production").update(protection="admin")
    olga = signed_in("olga")
    page = olga.get("/apps/shop/config/").content.decode()
    assert page.count("Reveal TOKEN") == 1
    assert "what production gets" not in page
    assert "what staging gets" in page
    for deed in ("reveal", "export"):
        answer = olga.post(f"/apps/shop/config/{deed}", {"key": "TOKEN", "environment": "production"})
        assert (answer.status_code, "productions-own" in answer.content.decode()) == (403, False)
        assert "$VALUE" in olga.post(f"/apps/shop/config/{deed}", {"key": "TOKEN"}).content.decode()
    assert "productions-own" in alice.post("/apps/shop/config/export", {"environment": "production"}).content.decode()


def test_values_for_all_are_shown_to_nobody_who_may_release_nowhere(
    shop: App, signed_in: Callable[[str], Client]
) -> None:
    shop.environments.update(protection="admin")
    olga = signed_in("olga")
    assert "Reveal TOKEN" not in olga.get("/apps/shop/config/").content.decode()
    assert olga.post("/apps/shop/config/reveal", {"key": "TOKEN"}).status_code == 403


def test_the_pages_say_who_can_read_config_vars_by_other_means(shop: App, signed_in: Callable[[str], Client]) -> None:
    make.deploy(shop)
    olga = signed_in("olga")
    assert "no secret from whoever may run commands" in olga.get("/apps/shop/config/").content.decode()
    assert "It can read and print every config var." in olga.get("/apps/shop/runs/").content.decode()


def test_a_var_that_is_not_there_cannot_be_revealed(shop: App, alice: Client) -> None:
    assert alice.post("/apps/shop/config/reveal", {"key": "NOTHING"}).status_code == 404


@pytest.mark.parametrize("deed", ["export", "remove"])
def test_an_environment_that_is_not_there_does_not_mean_all_of_them(deed: str, shop: App, alice: Client) -> None:
    answer = alice.post(f"/apps/shop/config/{deed}", {"key": "TOKEN", "environment": "stagign"})
    assert answer.status_code == 404
    assert shop.config_vars.filter(environment=None, key="TOKEN").exists()


@pytest.mark.parametrize(("environment", "value"), [("", SECRET), ("production", "productions-own")])
def test_an_export_is_a_file_that_can_be_pasted_again(environment: str, value: str, shop: App, alice: Client) -> None:
    answer = alice.post("/apps/shop/config/export", {"environment": environment})
    assert parse(answer.content.decode()) == {"TOKEN": value}
    assert answer.headers["Content-Disposition"] == f'attachment; filename="shop-{environment or "all"}.env"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
