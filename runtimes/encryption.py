"""Encrypted columns: Fernet (github.com/fernet/spec), the first key encrypts, all keys decrypt."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models


def fernet() -> MultiFernet:
    """The keys of this installation, newest first."""
    return _fernet(tuple(keys()))


@lru_cache(maxsize=2)
def _fernet(its_keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in its_keys])


def keys() -> list[str]:
    """The setting, else the file as it is now: processes that run already follow a rotation."""
    return settings.ENCRYPTION_KEYS or Path(settings.ENCRYPTION_KEYS_FILE).read_text().split()


def decrypt(token: str) -> str:
    """The plain text of a token; `ImproperlyConfigured` if none of the keys made it."""
    try:
        return fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise ImproperlyConfigured(
            "A stored secret cannot be decrypted: the encryption key is not the one it was written with."
        ) from None


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is only ever encrypted in the database."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else fernet().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else decrypt(value)


class EncryptedJSONField(EncryptedTextField):
    """A JSON value that is only ever encrypted in the database."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(json.dumps(value))

    def from_db_value(self, value: Any, *rest: Any) -> Any:
        return json.loads(super().from_db_value(value, *rest))


def rotate() -> int:
    """Encrypt everything that is stored with the first key; return how many values were written.

    A value that somebody changes meanwhile is left as they wrote it, which is with the first key too.
    """
    encrypted = [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]
    return sum(_rotate(model, field) for model, field in encrypted)


def _rotate(model: type[models.Model], field: EncryptedTextField) -> int:
    quoted = connection.ops.quote_name
    table, column, key = quoted(model._meta.db_table), quoted(str(field.column)), quoted(str(model._meta.pk.column))
    written, by = 0, fernet()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, {column} FROM {table}")  # noqa: S608 - names of our own models
        for pk, token in cursor.fetchall():
            change = f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s"  # noqa: S608
            cursor.execute(change, [by.rotate(token.encode()).decode(), pk, token])
            written += cursor.rowcount
    return written
