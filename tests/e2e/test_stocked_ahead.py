"""A platform that starts has Node.js there before the first app asks for it."""

import pytest

from tests.buildpacks.bundled.apps import node_app
from tests.e2e.installation import STORE_FILLED, Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "early"


def test_an_app_finds_what_was_fetched_when_the_platform_started(installation: Installation, admin: Person) -> None:
    log = installation.log_file("controller")
    before = log.read_text().count(STORE_FILLED)
    with installation.restarted("controller", SLIPWAY_STOCK_AHEAD="true"):
        admin.until(lambda: log.read_text().count(STORE_FILLED) > before)
    deployed = admin.wait(APP, admin.create_and_deploy(APP, archive(node_app())))
    assert deployed.state == "live", deployed.log
    assert "Downloading Node.js" not in deployed.log
    assert installation.manage("destroyapp", APP, "--yes").returncode == 0
