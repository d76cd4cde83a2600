"""A console without a broker, a channel layer of its own process, files in memory."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from runtimes.models import App, Team
from tests.console import factories as make


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"sources": memory, "staticfiles": plain}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    current_app.conf.update(broker_url="memory://")


@pytest.fixture
def team(request: pytest.FixtureRequest) -> Team:
    """Alice's team: she is its admin; Olga operates, Mark is a member, Vera looks. Charlie is not in it."""
    request.getfixturevalue("shared_db" if "shared_db" in request.fixturenames else "db")
    return make.people()


@pytest.fixture
def app(team: Team) -> App:
    """An app of Alice's team."""
    return make.app("shop", team)


@pytest.fixture
def signed_in(team: Team) -> Callable[[str], Client]:
    """A browser in which somebody is signed in, by name; nobody for an empty name."""

    def browser(name: str) -> Client:
        client = Client(raise_request_exception=False)
        if name:
            client.force_login(make.known(name))
        return client

    return browser


@pytest.fixture
def alice(signed_in: Callable[[str], Client]) -> Client:
    """The admin's browser."""
    return signed_in("alice")


def lines(*texts: str, step: int = 0) -> list[tuple[int, Any]]:
    """Lines of one step, for `factories.deploy`."""
    return [(step, text) for text in texts]
