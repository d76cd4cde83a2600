"""Encrypted columns: Fernet (github.com/fernet/spec), the first key encrypts, all keys decrypt."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def fernet() -> MultiFernet:
    """The keys of this installation, newest first."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


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
