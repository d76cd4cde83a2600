"""Where `make up` says that the console and the apps are, and where it asks whether the console answers."""

import pytest

from tests.ops.bash import Checkout


def said(checkout: Checkout, what: str, **environment: str) -> str:
    return checkout.bash(f"source bin/lib/address.sh; address::{what}", **environment).stdout


EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound here


@pytest.mark.parametrize(
    ("bind", "here"), [("", "127.0.0.1"), (EVERYWHERE, "127.0.0.1"), ("::", "127.0.0.1"), ("192.0.2.7", "192.0.2.7")]
)
def test_the_console_is_asked_where_it_listens(checkout: Checkout, bind: str, here: str) -> None:
    assert said(checkout, "here", SLIPWAY_BIND=bind) == here


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://localhost:8000"),
        ({"SLIPWAY_PORT": "9000"}, "http://localhost:9000"),
        ({"SLIPWAY_ALLOWED_HOSTS": "ship.example.org,localhost"}, "http://ship.example.org:8000"),
        ({"SLIPWAY_ALLOWED_HOSTS": ".example.org", "SLIPWAY_PORT": "80"}, "http://example.org"),
        ({"SLIPWAY_ALLOWED_HOSTS": "*"}, "http://localhost:8000"),
        (
            {"SLIPWAY_ALLOWED_HOSTS": "ship.example.org", "SLIPWAY_TRUSTED_ORIGINS": "https://ship.example.org"},
            "https://ship.example.org",
        ),
    ],
)
def test_the_console_has_the_address_that_is_set(checkout: Checkout, settings: dict[str, str], address: str) -> None:
    assert said(checkout, "console", **settings) == address


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://<app>.localhost:8080"),
        ({"SLIPWAY_APPS_DOMAIN": "apps.example.org", "SLIPWAY_APPS_PORT": "80"}, "http://<app>.apps.example.org"),
    ],
)
def test_apps_have_the_domain_that_is_set(checkout: Checkout, settings: dict[str, str], address: str) -> None:
    assert said(checkout, "apps", **settings) == address
