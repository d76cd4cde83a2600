"""Secrets that an installation makes for itself at its first start."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet


def keep_key(path: Path) -> str:
    """The key in this file; made with mode 0600 if there is none yet.

    Of several processes that start at once, one makes it and all read the same. Raises
    `PermissionError` if others may read it, since then it is no secret.
    """
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others. Set its mode to 0600: chmod 600 {path}")
    if not (key := path.read_text().strip()):
        raise PermissionError(f"{path} is empty. Restore it from your backup, or remove it to have a new key made.")
    return key


def _make(path: Path) -> None:
    """Write a whole key beside the path, then link it there unless somebody was faster."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # its mode is 0600
        file.write(Fernet.generate_key().decode())
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)


def put_first(path: Path) -> None:
    """Make one more key, which encrypts from now on; those before go on decrypting."""
    _replace(path, f"{Fernet.generate_key().decode()}\n{path.read_text()}")


def keep_first(path: Path) -> None:
    """Forget all keys but the first: what only they can decrypt is lost."""
    _replace(path, f"{path.read_text().split()[0]}\n")


def _replace(path: Path, text: str) -> None:
    """At a stroke: who reads it meanwhile reads all of the one or all of the other."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # its mode is 0600
        file.write(text)
    Path(file.name).replace(path)
