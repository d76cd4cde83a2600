"""What tests of bin/ share."""

from pathlib import Path

import pytest

from tests.ops import bash


@pytest.fixture
def checkout(tmp_path: Path) -> bash.Checkout:
    return bash.make(tmp_path)
