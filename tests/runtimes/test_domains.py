"""Domains of an environment's own: what may be added, what is said of what may not."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from runtimes import domains
from runtimes.models import Domain, Environment
from tests import factories as make
from tests.doubles import queued


@pytest.fixture
def environment(shared_db: None) -> Environment:
    return make.app().production


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("shop.example.org", "shop.example.org"),
        (" Shop.Example.ORG. ", "shop.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.example", "xn--fa-hia.example"),
    ],
)
def test_a_name_is_kept_as_the_dns_has_it(environment: Environment, typed: str, name: str) -> None:
    assert domains.add(environment, typed).name == name


def test_it_is_routed_and_looked_up_at_once(environment: Environment) -> None:
    domain = domains.add(environment, "shop.example.org")
    assert queued() == [("runtimes.tasks.route", []), ("runtimes.tasks.look_up", [domain.pk])]
    domains.remove(domain)
    assert queued() == [("runtimes.tasks.route", [])]
    assert not Domain.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "host name"),
        ("shop", "host name"),
        ("10.0.0.1", "host name"),
        ("a_b.example.org", "host name"),
        ("-a.example.org", "host name"),
        ("a..example.org", "host name"),
        ("shop.example.org\nevil", "host name"),
        (f"{'a' * 64}.example.org", "host name"),
        ("https://shop.example.org/", "name alone"),
        ("shop.example.org:8080", "name alone"),
        ("*.example.org", "each name by itself"),
        ("other.apps.example.com", "given by the platform"),
        ("apps.example.com", "given by the platform"),
        ("APPS.example.com", "given by the platform"),
        ("shop.localhost", "given by the platform"),
        ("console.example.com", "console itself"),
    ],
)
def test_what_cannot_be_a_domain_is_refused_with_a_sentence(
    environment: Environment, settings: Settings, typed: str, said: str
) -> None:
    settings.APPS_DOMAIN, settings.ALLOWED_HOSTS = "apps.example.com", ["console.example.com"]
    with pytest.raises(ValidationError, match=said):
        domains.add(environment, typed)
    assert not Domain.objects.exists()
    assert queued() == []


def test_a_name_that_another_app_has_is_refused_without_telling_whose(environment: Environment) -> None:
    domains.add(make.app("secret").production, "shop.example.org")
    with pytest.raises(ValidationError) as caught:
        domains.add(environment, "SHOP.example.org")
    assert caught.value.messages == ["shop.example.org is taken by another app."]


def test_a_name_that_the_app_itself_has_is_refused_and_said_where(environment: Environment) -> None:
    staging = Environment.objects.create(app=environment.app, name="staging")
    domains.add(staging, "shop.example.org")
    with pytest.raises(ValidationError, match=r"is there already, in staging\."):
        domains.add(environment, "shop.example.org")


def test_an_environment_has_so_many_domains_at_most(environment: Environment) -> None:
    Domain.objects.bulk_create(Domain(environment=environment, name=f"a{n}.example.org") for n in range(domains.MOST))
    with pytest.raises(ValidationError, match="50 domains at most"):
        domains.add(environment, "one.example.org")


def test_forced_https_is_told_to_the_router(environment: Environment) -> None:
    domains.force_https(environment, on=True)
    environment.refresh_from_db()
    assert environment.force_https
    assert queued() == [("runtimes.tasks.route", [])]


def test_a_domain_in_another_script_can_be_read(environment: Environment) -> None:
    assert domains.add(environment, "bücher.example").readable == "bücher.example"
