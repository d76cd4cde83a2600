"""One workshop for all tests here, and one cache for the apps of each language.

Sharing a cache keeps the suite short and proves on the way that one app's leftovers never reach another's slug;
tests of the cache itself take a volume of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.buildpacks.bundled.harness import TRIXIE, Workshop


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    client = docker.from_env()
    workshop = Workshop(client)
    yield workshop
    workshop.close()
    client.close()


@pytest.fixture(scope="session")
def trixie() -> Iterator[Workshop]:
    """The same on the other stack of the platform's own."""
    client = docker.from_env()
    workshop = Workshop(client, TRIXIE)
    yield workshop
    workshop.close()
    client.close()


@pytest.fixture(scope="session")
def python_cache(workshop: Workshop) -> str:
    return workshop.volume()


@pytest.fixture(scope="session")
def node_cache(workshop: Workshop) -> str:
    return workshop.volume()
