"""Secrets that an installation makes for itself."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from console.keys import keep_key
from tests.doubles import together


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = keep_key(path)
    assert Fernet(key.encode())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keep_key(path) == key


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    assert keep_key(tmp_path / "one") != keep_key(tmp_path / "two")


def test_of_many_who_start_at_once_all_have_the_same(tmp_path: Path) -> None:
    keys = together(*[lambda: keep_key(tmp_path / "secret.key")] * 8)
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    keep_key(path)
    path.chmod(mode)
    with pytest.raises(PermissionError, match="chmod 600"):
        keep_key(path)


def test_an_empty_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(mode=0o600)
    with pytest.raises(PermissionError, match="backup"):
        keep_key(path)
    assert path.read_text() == ""
