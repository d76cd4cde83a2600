"""What a hand breaks comes back by itself, and what is changed at once ends clearly: one app, on real parts."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests

from tests.e2e import belongings
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import SERVE, archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "sturdy"
WITH_WORKER = f"{SERVE}worker: exec sleep infinity\n"
UP = """SELECT instance.ref, instance.started_at, instance.state, instance.crashes FROM runtimes_instance AS instance
JOIN runtimes_environment AS environment ON instance.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id
WHERE app.name = ? AND instance.process = 'web' AND instance.state != 'down' ORDER BY instance."index" """


@pytest.fixture(scope="module")
def sturdy(installation: Installation, admin: Person) -> Iterator[str]:
    """An app that serves with two instances, and has a worker."""
    source = archive(pages("I am still here", Procfile=WITH_WORKER))
    assert admin.wait(APP, admin.create_and_deploy(APP, source)).state == "live"
    assert installation.manage("scale", APP, "web=2", "worker=1").returncode == 0
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


def scale(installation: Installation, admin: Person, many: int) -> None:
    """Have so many instances of web, and wait for them."""
    assert installation.manage("scale", APP, f"web={many}").returncode == 0
    admin.until(lambda: states(installation) == ["up"] * many)


@pytest.mark.parametrize("how", ["remove", "kill"])
def test_redis_comes_back_and_the_same_workers_do_what_is_asked_for(
    installation: Installation, admin: Person, sturdy: str, how: str
) -> None:
    belongings.break_by_hand(how, f"{installation.namespace}-redis")
    if how == "kill":  # so the platform may have been stopped: nobody starts it again unasked
        installation.services()
    scale(installation, admin, 1)
    scale(installation, admin, 2)
    assert answers(admin)
    assert installation.ended() == []


def containers(installation: Installation) -> set[str]:
    """Its instances, by release and number."""
    name = f"{installation.namespace}-{APP}.production-"
    there = belongings.of(installation.namespace)["containers"]
    return {each.removeprefix(name) for each in there if each.startswith(name)}


def test_a_process_type_that_is_not_in_the_procfile_any_more_ends(
    installation: Installation, admin: Person, sturdy: str
) -> None:
    admin.until(lambda: containers(installation) == {"v1-web.1", "v1-web.2", "v1-worker.1"})
    assert admin.wait(sturdy, admin.deploy(sturdy, archive(pages("I am still here")))).state == "live"
    admin.until(lambda: containers(installation) == {"v2-web.1", "v2-web.2"})


def test_of_two_who_roll_back_at_once_one_does_and_the_process_type_is_back_with_its_number(
    installation: Installation, admin: Person, sturdy: str
) -> None:
    people = [admin, Person(installation)]
    with ThreadPoolExecutor() as pool:
        led_to = list(pool.map(lambda somebody: somebody.send(f"apps/{sturdy}/releases/1/back"), people))
    (number,) = [int(found[1]) for url in led_to if (found := re.search(r"/deploys/(\d+)/", url))]
    admin.wait_released(sturdy, number)
    admin.until(lambda: containers(installation) == {"v3-web.1", "v3-web.2", "v3-worker.1"})
    assert answers(admin)


def test_what_runs_goes_on_without_its_slug_and_what_cannot_be_started_says_what_is_missing(
    installation: Installation, admin: Person, sturdy: str
) -> None:
    (row,) = installation.rows(
        """SELECT slug.sha256 AS sha256 FROM runtimes_slug AS slug JOIN runtimes_release AS release
        ON release.slug_id = slug.id JOIN runtimes_app AS app ON slug.app_id = app.id
        WHERE app.name = ? AND release.state = 'live'""",
        sturdy,
    )
    missing = f"The slug {row['sha256'][:12]} cannot be read from the storage"
    slug = installation.data / "storage" / "slugs" / row["sha256"][:2] / f"{row['sha256']}.tar.zst"
    kept = slug.rename(installation.data / "elsewhere")
    with belongings.hidden(f"{installation.namespace}/slug:{row['sha256'][:24]}"):  # as on a new node
        assert installation.manage("scale", sturdy, "web=3").returncode == 0
        admin.until(lambda: missing in admin.page(f"apps/{sturdy}/processes/"))
        assert states(installation) == ["up", "up"]
        assert answers(admin)
    kept.rename(slug)
    admin.until(lambda: states(installation) == ["up", "up", "up"])
    assert missing not in admin.page(f"apps/{sturdy}/processes/")
