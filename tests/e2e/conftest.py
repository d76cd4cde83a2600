"""One installation for all tests here; whatever they leave is removed when the last one has ended."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e import browsing
from tests.e2e.installation import Installation
from tests.e2e.person import Person

LAST_CHARACTERS = 4000


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """Services, database, first admin, and the Procfile's four processes."""
    with Installation() as running:
        yield running


@pytest.fixture(scope="package")
def admin(installation: Installation) -> Person:
    """The first admin, signed in."""
    return Person(installation)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser, ended before tests of other packages begin: its driver keeps an event loop running."""
    with browsing.chromium() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that failed shows the end of what the platform's processes printed."""
    report = yield
    installation = getattr(item, "funcargs", {}).get("installation")
    if report.failed and isinstance(installation, Installation) and installation.data.exists():
        for path in sorted((installation.data / "log").glob("*.log")):
            report.sections.append((path.name, path.read_text(errors="replace")[-LAST_CHARACTERS:]))
    return report
