"""Settings come from the environment, then from .env, then from a default, for bash as for Django."""

import pytest

from tests.ops.bash import Checkout


def port(checkout: Checkout, **environment: str) -> str:
    return checkout.bash('printf %s "${SLIPWAY_PORT}"', **environment).stdout


def test_a_setting_has_a_default(checkout: Checkout) -> None:
    assert port(checkout) == "8000"


@pytest.mark.parametrize(
    "line", ["SLIPWAY_PORT=8123", "export SLIPWAY_PORT=8123", 'SLIPWAY_PORT="8123"', "SLIPWAY_PORT='8123'"]
)
def test_the_file_beats_the_default(checkout: Checkout, line: str) -> None:
    (checkout.path / ".env").write_text(f"# ours\n{line}\nOTHER=1\n")
    assert port(checkout) == "8123"


def test_the_environment_beats_the_file(checkout: Checkout) -> None:
    (checkout.path / ".env").write_text("SLIPWAY_PORT=8123\n")
    assert port(checkout, SLIPWAY_PORT="9000") == "9000"


def test_nothing_in_the_file_is_executed(checkout: Checkout) -> None:
    (checkout.path / ".env").write_text("SLIPWAY_PORT=$(touch executed)8123\n")
    assert port(checkout) == "$(touch executed)8123"
    assert not (checkout.path / "executed").exists()


def test_a_relative_data_folder_lies_in_the_checkout(checkout: Checkout) -> None:
    data = checkout.bash('printf %s "${SLIPWAY_DATA}"', SLIPWAY_DATA="elsewhere").stdout
    assert data == str(checkout.path / "elsewhere")
