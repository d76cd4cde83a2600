"""Keys are rotated while everything runs, and no secret is lost on the way."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from runtimes import encryption
from runtimes.config import set_vars
from runtimes.models import App, ConfigVar
from tests import factories as make
from tests.commands.conftest import Run


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    """A key file of this test's own."""
    path = tmp_path / "encryption.key"
    path.write_text(Fernet.generate_key().decode())
    path.chmod(0o600)
    settings.ENCRYPTION_KEYS_FILE = path
    return path


@pytest.fixture
def app(file: Path, shared_db: None) -> App:
    made = make.app(git_secret="token")
    set_vars(made, {"KEY": "value"})
    make.release(made.production, config={"KEY": "value"})
    return made


def secrets(app: App) -> list[object]:
    return [
        App.objects.get(pk=app.pk).git_secret,
        ConfigVar.objects.get(app=app).value,
        app.production.releases.get().config,
    ]


def test_a_new_key_encrypts_all_that_is_stored_and_old_backups_stay_readable(run: Run, app: App, file: Path) -> None:
    before, old = secrets(app), encryption.keys()
    ended = run("rotatekeys")
    assert "3 stored secrets are encrypted with the newest of 2 keys" in ended.out
    assert encryption.keys()[1:] == old
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secrets(app) == before


def test_old_keys_are_forgotten_without_losing_anything(run: Run, app: App, file: Path, settings: Settings) -> None:
    before, old = secrets(app), encryption.keys()
    run("rotatekeys")
    assert "the newest of 1 keys" in run("rotatekeys", "--forget-old").out
    assert secrets(app) == before
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(ImproperlyConfigured):
        secrets(app)


def test_keys_that_come_from_a_setting_are_changed_there(run: Run, app: App, settings: Settings) -> None:
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *encryption.keys()]
    assert "SLIPWAY_ENCRYPTION_KEYS" in run("rotatekeys", "--forget-old").error
    run("rotatekeys")
    settings.ENCRYPTION_KEYS = [new]
    assert secrets(app)[1] == "value"
