"""An app's stack is a setting: the next build and its instances are on it, older releases stay on theirs."""

import pytest

from tests.e2e.installation import Installation
from tests.e2e.person import Outcome, Person

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "mover"
RESTORED = "Requirements have not changed: using what the last build installed"


def deploy_on(installation: Installation, admin: Person, stack: str) -> Outcome:
    """Choose a stack and deploy."""
    assert installation.manage("setstack", APP, stack).returncode == 0
    return admin.wait(APP, admin.deploy(APP))


def test_an_app_moves_to_another_stack_and_back(installation: Installation, admin: Person) -> None:
    admin.create(APP, source="sample", sample="flask")
    assert "Using Python 3.11." in deploy_on(installation, admin, "debian-12").log
    assert "with Python 3.11." in admin.open(APP)[1]

    moved = deploy_on(installation, admin, "debian-13")
    assert (moved.state, RESTORED in moved.log) == ("live", False), moved.log
    assert "with Python 3.13." in admin.open(APP)[1]

    back = installation.manage("rollback", APP, "v1")
    assert back.returncode == 0, back.stdout + back.stderr
    assert "with Python 3.11." in admin.open(APP)[1]

    returned = deploy_on(installation, admin, "debian-12")
    assert (returned.state, RESTORED in returned.log) == ("live", True), returned.log
