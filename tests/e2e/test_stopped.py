"""A deploy that is stopped by a person, and one that a newer one replaces: on the page, on Docker, in the queue."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import belongings, browsing, litter
from tests.e2e.browsing import Sights
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "halted"
PATIENCE = 60_000
ENDLESS = "#!/bin/sh\necho 'Going on and on.'\nexec sleep 600\n"


@pytest.fixture(scope="module")
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """Signed in."""
    with browsing.signed_in(browser, installation.url, installation.password, patience=PATIENCE) as page:
        yield page


def builders(installation: Installation) -> list[str]:
    """The containers of builds."""
    return [name for name in belongings.of(installation.namespace)["containers"] if "-build-" in name]


def test_a_running_build_is_canceled_from_its_page_and_what_waited_goes_on(
    installation: Installation, admin: Person, page: Page
) -> None:
    sights = Sights(page)
    admin.create(APP, archive(pages("Built at last")))
    first = admin.deploy(APP, archive(pages("Never") | {"bin/pre-compile": ENDLESS}))
    page.goto(f"{installation.url}/apps/{APP}/deploys/{first}/")
    page.get_by_text("Going on and on.", exact=True).wait_for()
    assert builders(installation)
    replaced, last = admin.deploy(APP), admin.deploy(APP)
    assert admin.wait(APP, replaced).state == "superseded"
    page.goto(f"{installation.url}/queue")
    expect(page.get_by_text(f"Waits for #{first} of this app.")).to_be_visible()
    expect(page.get_by_role("link", name=f"#{replaced}", exact=True)).to_have_count(0)
    page.goto(f"{installation.url}/apps/{APP}/deploys/{replaced}/")
    expect(page.get_by_text("A newer deploy took its place")).to_be_visible()
    page.goto(f"{installation.url}/apps/{APP}/deploys/{first}/")
    page.get_by_role("button", name="Cancel deploy").first.click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_text("Canceled by admin", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile("icons/canceled"))
    expect(page).to_have_title(f"#{first} Canceled · {APP} · Slipway")
    outcome = admin.wait(APP, last)
    assert (outcome.state, admin.open(APP)) == ("live", (200, "Built at last"))
    assert admin.wait(APP, first).state == "canceled"
    assert not litter.of(installation)
    assert sights.errors == []
