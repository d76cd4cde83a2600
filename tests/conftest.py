"""What tests of every package share: a database for threads, an engine, the queues."""

import gc
import hashlib
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.apps import apps as django_apps
from django.core.files.storage import storages
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from builds import run
from console.celery import app as celery
from runtimes import deploy, health, holding, installation, reconcile, survey, watch
from runtimes.address_rules import literal
from runtimes.engine.fake import FakeEngine
from tests.doubles import add_router, empty_queues


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What carries out whole deploys and releases, which `quick` is for, takes longest: `make check` leaves it out."""
    for item in items:
        if "quick" in getattr(item, "fixturenames", ()):
            item.add_marker("thorough")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The test database, also where only `shared_db` asks for it, which pytest-django does not know.

    What the migrations made is kept until one of them, a model or a library changes: they take seconds.
    """
    kept = request.config.cache.mkdir("database") / f"{_recipe()}.sqlite3"
    if is_kept := kept.exists():
        shutil.copy(kept, connection.settings_dict["TEST"]["NAME"])
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=is_kept)
        connections.close_all()
        if not is_kept:
            shutil.copy(_name(), draft := kept.with_suffix(f".{os.getpid()}"))
            draft.replace(kept)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


def _recipe() -> str:
    """What the database is made of."""
    apps = [Path(app.path) for app in django_apps.get_app_configs()]
    names = ("migrations/*.py", "models.py", "models/*.py")
    files = [path for app in apps for name in names for path in app.glob(name)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


@pytest.fixture(scope="session")
def _untouched(django_db_setup: None, tmp_path_factory: Any) -> Path:
    """A copy of the database as the migrations left it."""
    kept = tmp_path_factory.mktemp("database") / "untouched"
    return Path(shutil.copy(_name(), kept))


def _name() -> str:
    return str(connection.settings_dict["NAME"])


@pytest.fixture
def shared_db(_untouched: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database with real commits, which threads see; afterwards it is what it was."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        with closing(sqlite3.connect(_untouched)) as kept, closing(sqlite3.connect(_name())) as used:
            kept.backup(used)


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """The fake engine that the code under test gets too, with a router in it."""
    installation.engine.cache_clear()
    made = installation.engine()
    assert isinstance(made, FakeEngine)
    add_router(made)
    yield made
    made.world.away = False
    for container in list(made.world.containers.values()):
        made.world.remove(container.ref)
        if container.started_at:
            container.wait()  # no thread of one test goes on in the next
    installation.engine.cache_clear()


@pytest.fixture
def no_broker() -> Iterator[None]:
    """A broker that does not answer."""
    away = Celery(broker="redis://127.0.0.1:9", fixups=[])
    away.conf.task_publish_retry_policy = {"max_retries": 0}  # without one, kombu's own waits for six seconds
    away.set_current()
    yield
    celery.set_current()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter: what is waited for on the fake engine comes at once."""
    for module in (deploy, reconcile):
        monkeypatch.setattr(module, "DRAIN", timedelta())
        monkeypatch.setattr(module, "PROBE_EVERY_SECONDS", 0.005)
    monkeypatch.setattr(deploy, "REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(deploy, "ROUTER_SECONDS", 0.1)
    monkeypatch.setattr(deploy, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(reconcile, "BACK_OFF", timedelta(milliseconds=5))
    monkeypatch.setattr(health, "SETTLED", timedelta(milliseconds=10))
    monkeypatch.setattr(survey, "SETTLING", timedelta())
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(holding, "RETRY_SECONDS", 0.005)
    monkeypatch.setattr(run, "TURN_SECONDS", 0.005)


@pytest.fixture
def unwritable(settings: Settings, tmp_path: Path) -> None:
    """Storages that nobody can write, not even root: a file stands where their folders should be."""
    taken = tmp_path / "taken"
    taken.touch()
    lost = {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": taken}}
    settings.STORAGES = settings.STORAGES | dict.fromkeys(("sources", "slugs", "buildpacks"), lost)


@pytest.fixture(autouse=True)
def _no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that people type are looked up; here nobody knows any but this machine's own."""
    ask = socket.getaddrinfo

    def known(host: Any, *args: Any, **more: Any) -> Any:
        if host and isinstance(host, str) and literal(host) is None and not host.endswith("localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    """Storages and queues live in memory, and no test finds what another one left there."""
    for name in ("sources", "slugs", "buildpacks"):
        storages[name]  # made here, or two threads of a test would each make one of their own
    yield
    storages._storages.clear()  # type: ignore[attr-defined]
    empty_queues()
