"""Config vars: what can be one, who gets which, and that they are never stored in plain text."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from pytest_django import Settings

from runtimes import encryption
from runtimes.config import set_vars, unset_vars
from runtimes.models import App, ConfigVar, Environment, Release
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(db: None) -> App:
    return make.app()


def test_a_build_sees_the_vars_for_all_and_a_release_its_own_too(app: App) -> None:
    staging = Environment.objects.create(app=app, name="staging")
    set_vars(app, {"COLOUR": "red", "SIZE": "1"})
    set_vars(app, {"COLOUR": "blue", "ONLY": "here"}, app.production)
    assert ConfigVar.objects.for_build(app) == {"COLOUR": "red", "SIZE": "1"}
    assert ConfigVar.objects.for_release(app.production) == {"COLOUR": "blue", "SIZE": "1", "ONLY": "here"}
    assert ConfigVar.objects.for_release(staging) == {"COLOUR": "red", "SIZE": "1"}


def test_setting_again_replaces_and_unsetting_removes(app: App) -> None:
    set_vars(app, {"A": "1", "B": "2"})
    set_vars(app, {"A": "3"})
    assert unset_vars(app, ["B", "C"]) == 1
    assert ConfigVar.objects.for_build(app) == {"A": "3"}


@pytest.mark.parametrize("value", ["", " spaces ", "line\nline\r\n", "quotes ' \" $HOME `id`", "ünï €", "x" * 65536])
def test_a_value_is_any_text(app: App, value: str) -> None:
    set_vars(app, {"KEY": value})
    assert ConfigVar.objects.for_build(app) == {"KEY": value}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("1KEY", "", "begin with a letter"),
        ("KEY-2", "", "letters, digits and underscores"),
        ("KEY\n", "", "letters, digits and underscores"),
        ("", "", "letters"),
        ("K" * 129, "", "letters"),
        ("PORT", "80", "set by the platform"),
        ("PATH", "/", "set by the platform"),
        ("LD_PRELOAD", "x", "set by the platform"),
        ("SLIPWAY_X", "x", "set by the platform"),
        ("KEY", "a\0b", "NUL"),
        ("KEY", "a\udcffb", "UTF-8"),
        ("KEY", "x" * 65537, "64 KB"),
    ],
)
def test_what_cannot_be_a_var_is_refused_with_a_sentence_and_nothing_is_set(
    app: App, key: str, value: str, said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        set_vars(app, {"GOOD": "1", key: value})
    assert key in caught.value.messages[0]
    assert ConfigVar.objects.for_build(app) == {}


def stored() -> str:
    """Everything that the database holds of vars and releases."""
    with connection.cursor() as cursor:
        rows = [
            cursor.execute(f"SELECT * FROM {model._meta.db_table}").fetchall()  # noqa: S608
            for model in (ConfigVar, Release, App)
        ]
    return str(rows)


def test_no_secret_stands_in_the_database_in_plain_text(app: App) -> None:
    set_vars(app, {"TOKEN": "correct-horse"})
    make.release(app.production, config={"TOKEN": "correct-horse"})
    app.git_secret = "battery-staple"
    app.save()
    assert "correct-horse" not in stored()
    assert "battery-staple" not in stored()
    assert Release.objects.get().config == {"TOKEN": "correct-horse"}
    app.refresh_from_db()
    assert app.git_secret == "battery-staple"


def test_a_new_key_encrypts_and_the_old_one_still_decrypts(app: App, settings: Settings) -> None:
    set_vars(app, {"OLD": "1"})
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *encryption.keys()]
    set_vars(app, {"NEW": "2"})
    assert ConfigVar.objects.for_build(app) == {"OLD": "1", "NEW": "2"}
    settings.ENCRYPTION_KEYS = [new]
    assert ConfigVar.objects.get(key="NEW").value == "2"
    with pytest.raises(ImproperlyConfigured, match="encryption key"):
        ConfigVar.objects.get(key="OLD")
