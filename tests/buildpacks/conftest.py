"""The builder that every conformance test uses; it needs the stack's build image, which `make up` makes."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.buildpacks.harness import Builder


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    client = docker.from_env()
    builder = Builder(client)
    yield builder
    builder.close()
    client.close()
