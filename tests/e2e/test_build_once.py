"""Build once, deploy many: staging, production, a changed config, three instances, and back, on real parts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import browsing, git_server
from tests.e2e.browsing import PATIENCE_MILLISECONDS
from tests.e2e.git_server import GitServer
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

APP = "relay"
SERVED = """SELECT slug."commit" FROM runtimes_slug AS slug
JOIN runtimes_release AS release ON release.slug_id = slug.id
JOIN runtimes_app AS app ON slug.app_id = app.id WHERE app.name = ? AND release.state = 'live'"""
SERVER = """
import http.server, os

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{os.environ.get('COLOUR', 'no colour')} from {os.environ['DYNO']}".encode())

http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Answer).serve_forever()
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A repository in which work went on after what `stable` names, and its commits."""
    folder = tmp_path_factory.mktemp("git") / "relay.git"
    first = pages("", Procfile="web: python server.py\n") | {"server.py": SERVER}
    commits = [("Answer", first), ("Know colours", {"notes.txt": "1"}), ("Know more of them", {"notes.txt": "2"})]
    return folder, git_server.repository(folder, commits, stable="Answer")


@pytest.fixture(scope="module")
def server(installation: Installation, admin: Person, history: tuple[Path, dict[str, str]]) -> Iterator[GitServer]:
    with git_server.serving(installation, "nobody's token", {"relay.git": history[0]}) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, installation: Installation, admin: Person, server: GitServer) -> Iterator[Page]:
    """Signed in, on the page of an app that runs in staging and nowhere else."""
    admin.create(APP, source="git", git_url=server.url("relay.git"), git_ref="stable")
    with browsing.signed_in(browser, installation.url, installation.password) as page:
        page.goto(f"{installation.url}/apps/{APP}/settings/")
        page.locator("#environment-name").fill("staging")
        page.get_by_role("button", name="Add environment").click()
        page.goto(f"{installation.url}/apps/{APP}/?environment=staging")
        page.get_by_role("button", name="Deploy", exact=True).click()
        assert "v1 is live" in browsing.wait_until_over(page), admin.wait(APP, 1).log
        yield page


def test_what_staging_runs_is_promoted_without_a_build_and_the_difference_is_shown_first(
    page: Page, installation: Installation, admin: Person
) -> None:
    assert admin.open(f"{APP}--staging") == (200, "no colour from web.1")
    assert admin.open(APP)[0] == 503
    page.goto(f"{installation.url}/apps/{APP}/?environment=staging")
    page.get_by_role("link", name="Promote to production").click()
    expect(page.locator("main")).to_contain_text("nothing is built")
    page.get_by_role("button", name="Promote to production").click()
    assert "v1 is live" in browsing.wait_until_over(page)
    assert "Fetch source" not in page.locator("#deploy-steps").inner_text()
    assert admin.open(APP) == (200, "no colour from web.1")
    builds = installation.rows("SELECT build.id FROM builds_build AS build JOIN runtimes_app AS app"
                               " ON build.app_id = app.id WHERE app.name = ?", APP)  # fmt: skip
    assert len(builds) == 1


def test_a_changed_config_is_a_release_of_the_same_slug(page: Page, installation: Installation, admin: Person) -> None:
    page.goto(f"{installation.url}/apps/{APP}/config/")
    form = page.locator(".config-form")
    form.locator("[name=key]").fill("COLOUR")
    form.locator("[name=value]").fill("blue")
    form.locator("[name=environment]").select_option("production")
    form.locator("[name=release]").check()
    form.get_by_role("button", name="Set").click()
    assert "v2 is live" in browsing.wait_until_over(page)
    expect(page.locator("#deploy-outcome")).to_contain_text("COLOUR")
    assert admin.open(APP) == (200, "blue from web.1")
    assert admin.open(f"{APP}--staging") == (200, "no colour from web.1")


def test_three_instances_answer_after_two_clicks(page: Page, installation: Installation, admin: Person) -> None:
    page.goto(f"{installation.url}/apps/{APP}/processes/")
    for wanted in (2, 3):
        page.get_by_role("button", name="One web more").click()
        expect(page.locator(".scale output")).to_have_text(str(wanted), timeout=PATIENCE_MILLISECONDS)
    expect(page.locator(".process .dot.state-live")).to_have_count(3, timeout=PATIENCE_MILLISECONDS)
    assert {admin.open(APP)[1] for _ in range(60)} == {f"blue from web.{number}" for number in (1, 2, 3)}


def test_the_log_of_the_instances_is_followed_live(page: Page, installation: Installation, admin: Person) -> None:
    page.goto(f"{installation.url}/apps/{APP}/logs/")
    expect(page.locator(".log-pane")).to_contain_text("asked for /", timeout=PATIENCE_MILLISECONDS)
    admin.open(APP, "/only-now")
    expect(page.locator(".log-pane")).to_contain_text("asked for /only-now", timeout=PATIENCE_MILLISECONDS)


def test_the_way_back_is_a_new_release_with_its_config_and_the_ledger_tells_all(
    page: Page, installation: Installation, admin: Person
) -> None:
    page.goto(f"{installation.url}/apps/{APP}/releases/")
    page.locator("summary", has_text="Roll back").click()
    page.get_by_role("button", name="Roll back to v1").click()
    assert "v3 is live" in browsing.wait_until_over(page)
    assert {admin.open(APP)[1].partition(" from ")[0] for _ in range(10)} == {"no colour"}
    page.goto(f"{installation.url}/apps/{APP}/releases/")
    ledger = [re.sub(r"\s+", " ", row) for row in page.locator("#release-list tbody tr").all_inner_texts()]
    told = ("v3 Live Rolled back to v1", "v2 Was live Config", "v1 Was live Promoted from staging")
    for row, words in zip(ledger, told, strict=True):
        assert words in row
        assert "by admin" in row


def test_the_next_promotion_shows_the_commits_and_the_config_vars_by_name_that_differ(
    page: Page, installation: Installation, admin: Person, server: GitServer, history: tuple[Path, dict[str, str]]
) -> None:
    for ref in (history[1]["Know colours"], "main"):
        admin.change_source(APP, source="git", git_url=server.url("relay.git"), git_ref=ref)
        deployed = admin.wait(APP, admin.deploy(APP, environment="staging"))
        assert deployed.state == "live", deployed.log
    told = installation.manage("setconfig", APP, "STAGE=rehearsal", "--environment", "staging", "--no-release")
    assert told.returncode == 0, told.stderr
    page.goto(f"{installation.url}/apps/{APP}/?environment=staging")
    page.get_by_role("link", name="Promote to production").click()
    code = page.locator(".promotion ul").first.locator("li")
    expect(code).to_have_count(2)
    for row, message in zip(code.all_inner_texts(), ("Know more of them", "Know colours"), strict=True):
        assert f"{history[1][message][:7]} {message}" in row
    facts = page.locator(".promotion .facts-wide")
    for words in ("Set in staging alone\\s*STAGE", "Set in production alone\\s*COLOUR"):
        expect(facts).to_contain_text(re.compile(words))
    for secret in ("rehearsal", "blue"):
        expect(page.locator("main")).not_to_contain_text(secret)
    page.get_by_role("button", name="Promote to production").click()
    assert "v4 is live" in browsing.wait_until_over(page)
    served = installation.rows(SERVED, APP)
    assert len(served) == 2
    assert {row["commit"] for row in served} == {history[1]["Know more of them"]}
