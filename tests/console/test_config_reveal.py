"""Values of config vars: masked on every page, shown to who may see them when they ask, and that is written down."""

from collections.abc import Callable

import pytest
from django.test import Client

from console.dotenv import parse
from console.models import Activity
from runtimes.models import App

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


@pytest.mark.parametrize("person", ["vera", "mark", "olga"])
@pytest.mark.parametrize("deed", ["reveal", "export"])
def test_who_may_not_see_values_is_not_offered_them_and_leaves_with_nothing(
    deed: str, person: str, shop: App, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in(person)
    assert f"/config/{deed}" not in client.get("/apps/shop/config/").content.decode()
    answer = client.post(f"/apps/shop/config/{deed}", {"key": "TOKEN"})
    assert (answer.status_code, "$VALUE" in answer.content.decode()) == (403, False)
    assert not Activity.objects.exists()


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
