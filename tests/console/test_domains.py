"""The page of an app's domains."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from runtimes.models import App, Domain
from tests.console import factories as make


def page(client: Client, address: str = "/apps/shop/domains/") -> str:
    return client.get(address).content.decode()


def test_a_domain_is_added_shown_and_removed(alice: Client, app: App) -> None:
    added = alice.post("/apps/shop/domains/add", {"name": "bücher.example"})
    assert added.headers["Location"] == "/apps/shop/domains/?environment=production"
    shown = page(alice)
    assert "bücher.example" in shown
    assert "xn--bcher-kva.example" in shown
    assert "Being looked up" in shown
    alice.post("/apps/shop/domains/remove", {"domain": "xn--bcher-kva.example"})
    assert not Domain.objects.exists()
    assert "No domain of its own yet" in page(alice)


def test_each_environment_has_its_own(alice: Client, app: App) -> None:
    app.environments.create(name="staging")
    alice.post("/apps/shop/domains/add", {"name": "test.example.org", "environment": "staging"})
    assert "test.example.org" in page(alice, "/apps/shop/domains/?environment=staging")
    assert "test.example.org" not in page(alice)
    alice.post("/apps/shop/domains/remove", {"domain": "test.example.org"})
    assert Domain.objects.exists(), "It is none of production's."


def test_what_is_wrong_is_said_at_the_field(alice: Client, app: App) -> None:
    response = alice.post("/apps/shop/domains/add", {"name": "https://shop.example.org"})
    assert response.status_code == 422
    assert "Write the name alone" in response.content.decode()


def test_whose_a_taken_domain_is_is_not_told(alice: Client, app: App) -> None:
    other = make.app("secret-app", make.team("Another team"))
    Domain.objects.create(environment=other.production, name="shop.example.org")
    response = alice.post("/apps/shop/domains/add", {"name": "shop.example.org"})
    assert "shop.example.org is taken by another app." in response.content.decode()
    assert "secret-app" not in response.content.decode()


@pytest.mark.parametrize(
    ("reach", "said"),
    [("here", "Leads here"), ("elsewhere", "to 192.0.2.7"), ("nowhere", "Not in the DNS")],
)
def test_where_a_domain_leads_is_said(alice: Client, app: App, reach: str, said: str) -> None:
    facts = {"reach": reach, "addresses": "192.0.2.7", "looked_at": timezone.now()}
    Domain.objects.create(environment=app.production, name="shop.example.org", **facts)
    assert said in page(alice)


def test_without_tls_nobody_can_force_it(alice: Client, app: App, settings: Settings) -> None:
    assert "speaks no HTTPS" in page(alice)
    settings.TLS = "internal"
    assert "Force HTTPS" in page(alice)
    alice.post("/apps/shop/domains/https", {"on": "yes"})
    assert app.production.force_https
    assert "Allow plain HTTP" in page(alice)
    alice.post("/apps/shop/domains/https", {"on": "no"})
    assert not app.production.force_https


def test_who_may_not_configure_sees_no_buttons(signed_in: Callable[[str], Client], app: App) -> None:
    Domain.objects.create(environment=app.production, name="shop.example.org")
    shown = page(signed_in("vera"))
    assert "shop.example.org" in shown
    assert "/domains/remove" not in shown
    assert "/domains/add" not in shown
