"""What somebody removes or kills on the machine comes back by itself, on real parts."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from tests.e2e import belongings
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "sturdy"
UP = """SELECT instance.ref, instance.started_at, instance.state, instance.crashes FROM runtimes_instance AS instance
JOIN runtimes_environment AS environment ON instance.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id
WHERE app.name = ? AND instance.state != 'down' ORDER BY instance."index" """


@pytest.fixture(scope="module")
def sturdy(installation: Installation, admin: Person) -> Iterator[str]:
    """An app that serves with two instances."""
    assert admin.wait(APP, admin.create_and_deploy(APP, archive(pages("I am still here")))).state == "live"
    assert installation.manage("scale", APP, "web=2").returncode == 0
    admin.until(lambda: states(installation) == ["up", "up"])
    yield APP
    assert installation.manage("destroyapp", APP, "--yes").returncode == 0


def states(installation: Installation) -> list[str]:
    return [row["state"] for row in installation.rows(UP, APP)]


def answers(somebody: Person) -> bool:
    """Whether the app does; nobody is at its address while there is no router."""
    with suppress(requests.ConnectionError):
        return somebody.open(APP) == (200, "I am still here")
    return False


@pytest.mark.parametrize("how", ["remove", "kill"])
@pytest.mark.parametrize("many", [1, 2], ids=["one", "all"])
def test_instances_come_back_and_get_requests_again(
    installation: Installation, admin: Person, sturdy: str, how: str, many: int
) -> None:
    before = [(row["ref"], row["started_at"]) for row in installation.rows(UP, APP)]
    for ref, _ in before[:many]:
        belongings.break_by_hand(how, ref)

    def is_back() -> bool:
        now = [(row["ref"], row["started_at"]) for row in installation.rows(UP, APP)]
        others = [one for one in now if one not in before]
        return states(installation) == ["up", "up"] and len(others) == many

    admin.until(is_back)
    admin.until(lambda: admin.open(sturdy) == (200, "I am still here"))
    assert {admin.open(sturdy) for _ in range(20)} == {(200, "I am still here")}


@pytest.mark.parametrize("how", ["remove", "kill"])
def test_the_router_comes_back_and_knows_all_routes(
    installation: Installation, admin: Person, sturdy: str, how: str
) -> None:
    before = installation.rows(UP, APP)
    belongings.break_by_hand(how, f"{installation.namespace}-router")
    assert not answers(admin)
    admin.until(lambda: answers(admin))
    assert installation.rows(UP, APP) == before, "No instance was touched."
