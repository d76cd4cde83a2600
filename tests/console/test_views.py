"""What people do on the pages, and what they are told."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.models import AppBuildpack, Build
from console import access, attempts
from console.views.buildpacks import changed
from runtimes.models import App, ConfigVar, Process, Release, Team
from tests.console import factories as make

VERA = {"username": "vera", "password": "vera"}


def page(client: Client, address: str) -> str:
    """The text of a page."""
    return client.get(address).content.decode()


def new_app(client: Client, team: Team, **fields: object) -> str:
    """Fill in the form for a new app; what the page says, or where it leads."""
    given = {"name": "basket", "team": team.pk, "source": "sample", "sample": "flask"} | fields
    response = client.post("/apps/new", given)
    return response.headers.get("Location") or response.content.decode()


def test_a_sample_becomes_an_app_with_production(alice: Client, team: Team) -> None:
    assert new_app(alice, team) == "/apps/basket/"
    assert App.objects.get(name="basket").production.app.sample == "flask"


def test_an_archive_becomes_an_app(alice: Client, team: Team) -> None:
    archive = SimpleUploadedFile("shop.tar.gz", b"\x1f\x8b not looked into yet")
    assert new_app(alice, team, source="archive", archive=archive) == "/apps/basket/"
    assert App.objects.get(name="basket").archive_name == "shop.tar.gz"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "Basket"}, "lower-case letters"),
        ({"name": "basket\n-x"}, "lower-case letters"),
        ({"name": "admin"}, "The platform uses this name itself"),
        ({"name": "shop"}, "There is an app of this name already"),
        ({"source": "git"}, "Give the URL of the repository"),
        ({"source": "git", "git_url": "file:///etc"}, "Use a URL that begins with https://"),
        ({"source": "git", "git_url": "https://git.example.com/a", "git_ref": "--x"}, "Use the name of a branch"),
        ({"source": "archive"}, "Choose the archive to upload"),
        ({"source": "archive", "archive": SimpleUploadedFile("a.rar", b"x")}, "Upload a .tar.gz"),
        ({"directory": "../x"}, "Name a directory inside the source"),
    ],
)
def test_wrong_input_gets_a_sentence_at_its_field(
    fields: dict[str, object], sentence: str, alice: Client, team: Team, app: App
) -> None:
    assert sentence in new_app(alice, team, **fields)
    assert not App.objects.filter(name="basket").exists()


def test_nobody_makes_an_app_for_a_team_of_others(signed_in: Callable[[str], Client], team: Team) -> None:
    assert "Select a valid choice" in new_app(signed_in("charlie"), team)


def test_a_secret_is_stored_and_never_comes_back(alice: Client, team: Team) -> None:
    wrong = new_app(alice, team, name="Wrong", source="git", git_secret="t0ken-t0ken")
    assert "t0ken-t0ken" not in wrong
    new_app(alice, team, source="git", git_url="https://git.example.com/a.git", git_secret="t0ken-t0ken")
    assert App.objects.get(name="basket").git_secret == "t0ken-t0ken"
    assert "t0ken-t0ken" not in page(alice, "/apps/basket/settings/")


def test_deploy_leads_at_once_to_a_page_with_all_steps(alice: Client, app: App) -> None:
    response = alice.post("/apps/shop/deploy", {"ref": "release/2.1"})
    assert response.headers["Location"] == "/apps/shop/deploys/1/"
    shown = page(alice, "/apps/shop/deploys/1/")
    for step in ("Queued", "Fetch source", "Detect", "Package slug", "Store slug", "Switch traffic"):
        assert step in shown
    assert "Queued by alice" in shown
    assert Build.objects.get().ref == "release/2.1"


def test_a_wrong_ref_deploys_nothing_and_says_so(alice: Client, app: App) -> None:
    response = alice.post("/apps/shop/deploy", {"ref": "--upload-pack=id"}, follow=True)
    assert "Use the name of a branch" in response.content.decode()
    assert not Build.objects.exists()


def test_a_failed_deploy_says_what_happened_and_what_still_runs(alice: Client, app: App) -> None:
    make.deploy(app)
    said = [(3, "npm ci"), (4, "\x1b[31merror\x1b[0m: no such package")]
    make.deploy(app, "failed", failure="Python stopped. Correct requirements.txt.", exit_code=1, lines=said)
    shown = page(alice, "/apps/shop/deploys/2/live")
    assert "error: no such package" in shown
    assert "npm ci" not in shown
    for sentence in (
        "Python failed",
        "exit code 1",
        "Correct requirements.txt",
        "v1 was not touched",
        "Retry without cache",
    ):
        assert sentence in shown


@pytest.mark.thorough
def test_cancel_is_offered_until_the_end(alice: Client, app: App) -> None:
    make.deploy(app, "building")
    assert "Cancel deploy" in page(alice, "/apps/shop/deploys/1/live")
    alice.post("/apps/shop/deploys/1/cancel")
    assert "Canceling" in page(alice, "/apps/shop/deploys/1/live")
    make.deploy(app, "live")
    assert "too late to cancel" in alice.post("/apps/shop/deploys/2/cancel", follow=True).content.decode()


def test_a_log_comes_in_pages_by_number(alice: Client, app: App) -> None:
    make.deploy(app, lines=[(0, f"line {number}") for number in range(1, 1201)])
    tail = alice.get("/apps/shop/deploys/1/log?limit=100").json()
    assert (tail["from"], tail["last"], tail["sealed"], len(tail["lines"])) == (1101, 1200, True, 100)
    page_two = alice.get("/apps/shop/deploys/1/log?since=10&limit=2").json()
    assert [row[2] for row in page_two["lines"]] == ["line 11", "line 12"]
    assert alice.get("/apps/shop/deploys/1/log?since=x&limit=-1").json()["last"] == 1200


def test_search_finds_text_whatever_its_case_and_colour(alice: Client, app: App) -> None:
    make.deploy(app, lines=[(0, "one"), (0, "\x1b[31mFat\x1b[0mal"), (0, "fatal")])
    assert alice.get("/apps/shop/deploys/1/log/search?q=FATAL").json() == {"count": 2, "lines": [2, 3]}
    assert alice.get("/apps/shop/deploys/1/log/search?q=").json() == {"count": 0, "lines": []}


def test_config_is_listed_by_name_and_masked(alice: Client, app: App) -> None:
    alice.post("/apps/shop/config/set", {"key": "DATABASE_URL", "value": "postgres://u:s3cret@db/x"})
    assert ConfigVar.objects.get().value == "postgres://u:s3cret@db/x"
    shown = page(alice, "/apps/shop/config/")
    assert "DATABASE_URL" in shown
    assert "s3cret" not in shown


def test_config_can_be_pasted_and_removed(alice: Client, app: App) -> None:
    alice.post("/apps/shop/config/paste", {"paste-text": "A=1\nB='two\nlines'\n"})
    assert {var.key: var.value for var in ConfigVar.objects.all()} == {"A": "1", "B": "two\nlines"}
    alice.post("/apps/shop/config/remove", {"key": "A", "name": "A"})
    assert [var.key for var in ConfigVar.objects.all()] == ["B"]


@pytest.mark.parametrize("key", ["1X", "A B", "PORT", "A-B", ""])
def test_keys_that_cannot_be_get_a_sentence(key: str, alice: Client, app: App) -> None:
    response = alice.post("/apps/shop/config/set", {"key": key, "value": "s3cret-value"})
    assert response.status_code == 422
    assert "s3cret-value" not in response.content.decode()
    assert not ConfigVar.objects.exists()


def test_the_page_says_when_what_runs_is_older_than_what_is_set(alice: Client, app: App) -> None:
    make.deploy(app)
    assert "is older than what is set" not in page(alice, "/apps/shop/config/")
    alice.post("/apps/shop/config/set", {"key": "A", "value": "1"})
    assert "is older than what is set: A" in page(alice, "/apps/shop/config/")


@pytest.mark.thorough
def test_every_page_says_that_config_was_changed_until_it_is_released(alice: Client, app: App) -> None:
    make.deploy(app, "live", ago=timedelta(minutes=5))
    words = "since v1: it counts from the next release"
    assert words not in page(alice, "/apps/shop/")
    alice.post("/apps/shop/config/set", {"key": "A", "value": "1"})
    for where in ("", "deploys/", "releases/", "processes/", "deploys/1/"):
        assert words in page(alice, f"/apps/shop/{where}")
    make.deploy(app, "live")
    Release.objects.filter(number=2).update(created_at=timezone.now())
    assert "it counts from the next release" not in page(alice, "/apps/shop/")
    alice.post("/apps/shop/config/remove", {"key": "A", "name": "A"})
    assert "since v2: it counts" in page(alice, "/apps/shop/")


def test_every_page_says_that_a_way_back_runs_with_an_older_config(alice: Client, app: App) -> None:
    alice.post("/apps/shop/config/set", {"key": "A", "value": "1"})
    make.deploy(app)
    words = "v1 runs with an <a"
    Release.objects.update(kind="rollback", config={"A": "0"}, created_at=timezone.now())
    assert words in page(alice, "/apps/shop/")
    Release.objects.update(config={"A": "1"})
    assert words not in page(alice, "/apps/shop/")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_a_dotenv_file_is_uploaded_byte_for_byte(alice: Client, app: App, mark: bytes) -> None:
    file = SimpleUploadedFile(".env", mark + b"A='1\r\n2'\nB=\"$x # \xc3\xa9\"\n")
    alice.post("/apps/shop/config/paste", {"paste-file": file})
    assert {var.key: var.value for var in app.config_vars.all()} == {"A": "1\r\n2", "B": "$x # é"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"A=1\nnonsense", "Line 2 is not KEY=VALUE"),
        (b"A=\xff", "no text in UTF-8"),
        (b"# nothing", "There is no KEY=VALUE in it"),
        (b"A=" + b"x" * 256 * 1024, "larger than 256 KB"),
    ],
)
def test_a_file_that_is_no_dotenv_sets_nothing_and_says_why(alice: Client, app: App, content: bytes, said: str) -> None:
    response = alice.post("/apps/shop/config/paste", {"paste-file": SimpleUploadedFile(".env", content)})
    assert said in response.content.decode()
    assert not app.config_vars.exists()


def test_a_var_that_takes_the_place_of_another_is_shown_as_such(alice: Client, app: App) -> None:
    for fields in ({"key": "A"}, {"key": "A", "environment": "production"}, {"key": "WEB_CONCURRENCY"}):
        alice.post("/apps/shop/config/set", {"value": "1", **fields})
    shown = page(alice, "/apps/shop/config/")
    assert shown.count("instead of the one for all") == 1
    assert shown.count("instead of the platform&#x27;s") == 1


def test_a_changed_config_is_released_on_demand(alice: Client, app: App) -> None:
    make.deploy(app)
    response = alice.post("/apps/shop/config/set", {"key": "A", "value": "1", "release": "on"})
    assert response.headers["Location"] == "/apps/shop/deploys/2/"
    assert Release.objects.get(number=2).config == {"A": "1"}


def test_a_way_back_makes_a_new_release(alice: Client, app: App) -> None:
    make.deploy(app)
    make.deploy(app)
    assert "Roll back to v1" in page(alice, "/apps/shop/releases/")
    assert alice.post("/apps/shop/releases/1/back").headers["Location"] == "/apps/shop/deploys/3/"
    assert Release.objects.get(number=3).kind == "rollback"
    assert "Another release" in alice.post("/apps/shop/releases/1/back", follow=True).content.decode()


def test_what_runs_in_one_environment_is_promoted_to_another_after_a_look(alice: Client, app: App) -> None:
    make.deploy(app)
    alice.post("/apps/shop/settings/environments", {"name": "staging"})
    staging = app.environments.get(name="staging")
    ConfigVar.objects.create(app=app, environment=staging, key="A", value="hidden-value")
    look = page(alice, "/apps/shop/compare?environment=production&to=staging")
    assert "Promote production v1 to staging" in look
    assert "<code>A</code>" in look
    assert "hidden-value" not in look
    alice.post("/apps/shop/promote", {"environment": "production", "to": "staging"})
    assert staging.releases.get().slug == app.production.live.slug  # type: ignore[union-attr]


def test_a_promotion_says_which_commits_commands_and_config_it_would_change(alice: Client, app: App) -> None:
    for commit, message in (("a" * 40, "First"), ("b" * 40, "Second"), ("c" * 40, "Third")):
        make.deploy(app, commit=commit, message=message)
    first, third = Release.objects.get(number=1), app.production.live
    assert third
    staging = app.environments.create(name="staging")
    commands = {"web": "old web", "clock": "tick --token=typed-secret"}
    facts = {"environment": staging, "number": 1, "state": "live", "journal": first.journal, "commands": commands}
    Release.objects.create(slug=first.slug, config={"OLD": "1", "SAME": "1"}, release_command="migrate", **facts)
    for key, environment in (("SAME", None), ("HERE", staging), ("THERE", app.production), ("BOTH", None)):
        ConfigVar.objects.create(app=app, environment=environment, key=key, value="1")
    ConfigVar.objects.create(app=app, environment=staging, key="BOTH", value="hidden-value")
    look = " ".join(
        re.sub(r"<[^>]*>", " ", page(alice, "/apps/shop/compare?environment=production&to=staging")).split()
    )
    assert "ccccccc Third" in look
    assert "bbbbbbb Second" in look
    assert look.count("aaaaaaa First") == 1, "It serves there already."
    assert "clock tick --token=[redacted] is there no more" in look
    assert "release migrate none any more" in look
    assert "web old web gunicorn wsgi -w 4 -b :$PORT" in look
    assert "Changed since the last release BOTH , HERE , OLD" in look
    assert "Set in production alone THERE" in look
    assert "Set in staging alone HERE" in look
    assert "Set to something else BOTH" in look
    assert "hidden-value" not in look


def test_a_promotion_of_something_older_says_that_it_goes_back(alice: Client, app: App) -> None:
    make.deploy(app, commit="a" * 40, message="First")
    make.deploy(app, commit="b" * 40, message="Second")
    first, live = Release.objects.get(number=1), Release.objects.get(number=2)
    staging = app.environments.create(name="staging")
    Release.objects.create(environment=staging, number=1, state="live", slug=first.slug, journal=first.journal)
    look = page(alice, "/apps/shop/compare?environment=staging&to=production")
    assert "These commits would be taken back" in look
    assert "Second" in look
    assert live.slug != first.slug


@pytest.mark.parametrize("name", ["production", "Staging", "", "a b", "-x"])
def test_environments_that_cannot_be_get_a_sentence(name: str, alice: Client, app: App) -> None:
    response = alice.post("/apps/shop/settings/environments", {"name": name}, follow=True)
    assert "notice-error" in response.content.decode()
    assert app.environments.count() == 1


def test_scaling_shows_what_is_wanted_at_once(alice: Client, app: App) -> None:
    make.deploy(app)
    make.instances(app, "web", ["up"])
    form = {"process": "web", "quantity": "3"}
    fragment = alice.post("/apps/shop/processes/scale", form, headers={"HX-Request": "true"}).content.decode()
    assert Process.objects.get().quantity == 3
    assert fragment.count("Starting") >= 2
    assert "<html" not in fragment


@pytest.mark.parametrize("quantity", ["-1", "51", "many", "", "99999"])
def test_numbers_that_cannot_be_change_nothing(quantity: str, alice: Client, app: App) -> None:
    make.deploy(app)
    make.instances(app, "web", ["up"])
    response = alice.post("/apps/shop/processes/scale", {"process": "web", "quantity": quantity}, follow=True)
    assert "hoose a number" in response.content.decode()
    assert Process.objects.get().quantity == 1


def test_the_order_of_buildpacks_is_what_was_sent(alice: Client, app: App) -> None:
    registry.sync()
    for deed in ("add python", "add nodejs", "up nodejs"):
        names = list(AppBuildpack.objects.values_list("buildpack__name", flat=True))
        alice.post("/apps/shop/buildpacks/arrange", {"names": names, "do": deed})
    assert list(AppBuildpack.objects.values_list("buildpack__name", flat=True)) == ["nodejs", "python"]
    shown = page(alice, "/apps/shop/buildpacks/")
    assert "python builds last" in shown
    assert "Move nodejs down" in shown


def test_a_list_that_somebody_else_changed_is_not_overwritten(alice: Client, app: App) -> None:
    registry.sync()
    form = {"names": [], "do": "add python", "seen": "another list"}
    assert "Reload the page" in alice.post("/apps/shop/buildpacks/arrange", form, follow=True).content.decode()
    assert not AppBuildpack.objects.exists()


@pytest.mark.parametrize(
    ("deed", "name", "order"),
    [
        ("up", "b", ["b", "a", "c"]),
        ("down", "b", ["a", "c", "b"]),
        ("up", "a", ["a", "b", "c"]),
        ("down", "c", ["a", "b", "c"]),
        ("remove", "b", ["a", "c"]),
        ("add", "d", ["a", "b", "c", "d"]),
        ("", "", ["a", "b", "c"]),
        ("up", "unknown", ["a", "b", "c"]),
    ],
)
def test_a_deed_changes_the_order(deed: str, name: str, order: list[str]) -> None:
    assert changed(["a", "b", "c"], deed, name) == order


def test_a_new_password_signs_out_everywhere_else(alice: Client, signed_in: Callable[[str], Client]) -> None:
    elsewhere = signed_in("alice")
    new = "a-long-new-password"
    alice.post("/account/password", {"old_password": "alice", "new_password1": new, "new_password2": new})
    assert alice.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_signing_in_never_says_which_half_was_wrong(signed_in: Callable[[str], Client]) -> None:
    answers = {
        signed_in("")
        .post("/login", {"username": name, "password": "wrong"})
        .content.decode()
        .count("do not go together")
        for name in ("alice", "nobody")
    }
    assert answers == {1}


def test_guessing_a_password_ends_soon_for_the_account_and_not_for_others(signed_in: Callable[[str], Client]) -> None:
    guesser = signed_in("")
    for _ in range(10):
        guesser.post("/login", {"username": "Alice", "password": "wrong"})
    right = guesser.post("/login", {"username": "alice", "password": "alice"})
    assert "too many attempts" in right.content.decode()
    assert guesser.post("/login", {"username": "vera", "password": "vera"}).status_code == 302


@pytest.mark.thorough
def test_guessing_from_one_address_ends_for_all_accounts_and_a_made_up_address_does_not_help(
    signed_in: Callable[[str], Client], settings: Settings
) -> None:
    settings.PROXIES = 1
    guesser = signed_in("")
    for number in range(attempts.MOST_PER_ADDRESS):
        come_from = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
        guesser.post("/login", {"username": f"nobody-{number}", "password": "wrong"}, headers=come_from)
    again = guesser.post("/login", VERA, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.9"})
    assert "too many attempts" in again.content.decode()
    assert guesser.post("/login", VERA, headers={"X-Forwarded-For": "203.0.113.10"}).status_code == 302


def test_a_count_of_failures_is_not_forgotten_for_others_that_come_after_it() -> None:
    for number in range(400):
        attempts.failed(None, f"nobody-{number}")
    for _ in range(attempts.MOST_PER_ACCOUNT):
        attempts.failed(None, "alice")
    for number in range(400):
        attempts.failed(None, f"somebody-{number}")
    cache.delete("sign-in.address.None")
    assert attempts.too_many(None, "alice")
    assert not attempts.too_many(None, "vera")


def test_all_addresses_of_a_visitors_network_count_as_one(rf: RequestFactory) -> None:
    for number in range(attempts.MOST_PER_ADDRESS):
        attempts.failed(rf.get("/", REMOTE_ADDR=f"2001:db8:0:1::{number + 1:x}"))
    assert attempts.too_many(rf.get("/", REMOTE_ADDR="2001:db8:0:1:ffff::1"))
    assert not attempts.too_many(rf.get("/", REMOTE_ADDR="2001:db8:0:2::1"))


def test_visitors_whose_addresses_are_written_as_ipv6_count_by_themselves(rf: RequestFactory) -> None:
    for _ in range(attempts.MOST_PER_ADDRESS):
        attempts.failed(rf.get("/", REMOTE_ADDR="::ffff:203.0.113.9"))
    assert attempts.too_many(rf.get("/", REMOTE_ADDR="203.0.113.9"))
    assert not attempts.too_many(rf.get("/", REMOTE_ADDR="::ffff:203.0.113.10"))


def test_the_rail_says_how_long_a_step_usually_takes(alice: Client, app: App) -> None:
    for speed in (1.0, 2.0, 9.0):
        make.deploy(app, speed=speed)
    make.deploy(app, "queued")
    assert "≈ 19 s" in page(alice, "/apps/shop/deploys/4/")


def test_a_live_deploy_says_what_it_changed_and_no_value(alice: Client, app: App) -> None:
    make.deploy(app, commit="aaaaaaa1")
    Release.objects.filter(number=1).update(config={"A": "old-value"}, commands={"web": "x"})
    make.deploy(app, commit="bbbbbbb2")
    Release.objects.filter(number=2).update(config={"A": "new-value"}, commands={"web": "x"})
    shown = page(alice, "/apps/shop/deploys/2/")
    for piece in ("Since v1:", "aaaaaaa", "bbbbbbb"):
        assert piece in shown
    assert "new-value" not in shown


def test_a_queued_deploy_says_what_it_waits_for(alice: Client, app: App) -> None:
    make.deploy(app, "building")
    make.deploy(app, "queued")
    assert 'Waits for <a href="/apps/shop/deploys/1/">#1</a>' in page(alice, "/apps/shop/deploys/2/")
    Build.objects.filter(journal__number=1).update(state="failed")
    assert "A builder takes it up now" in page(alice, "/apps/shop/deploys/2/")


def test_a_deploy_that_waits_for_a_builder_says_how_many_are_busy(alice: Client, app: App, settings: Settings) -> None:
    settings.BUILDERS = 2
    for name in ("one", "two"):
        make.deploy(make.app(name, app.team), "building")
    make.deploy(app, "queued")
    assert "Waits for a builder: 2 of 2 busy" in page(alice, "/apps/shop/deploys/1/")
    assert "Waits for a builder: 2 of 2 busy" in page(alice, "/queue")


def test_a_deploy_whose_traffic_is_switched_offers_the_way_back(alice: Client, app: App) -> None:
    make.deploy(app, "live")
    assert "Roll back" not in page(alice, "/apps/shop/deploys/1/")
    make.deploy(app, "live")
    for number in (1, 2):  # from the one before and from the one that serves, the way leads to the same
        shown = page(alice, f"/apps/shop/deploys/{number}/")
        assert 'action="/apps/shop/releases/1/back"' in shown
        assert "Roll back to v1" in shown
    assert "cannot be canceled any more" in shown


def test_a_retry_takes_the_very_same_source(alice: Client, app: App) -> None:
    make.deploy(app, "failed", commit="3f9c2ab41d0e77f2b9a1")
    Build.objects.update(source="1/source")
    assert alice.post("/apps/shop/deploys/1/retry").headers["Location"] == "/apps/shop/deploys/2/"
    assert Build.objects.get(journal__number=2).source == "1/source"


def test_a_retry_without_its_source_says_so(alice: Client, app: App) -> None:
    make.deploy(app, "failed", commit="")
    Build.objects.update(source="", commit="", buildpacks=[{"name": "procfile"}])
    answer = alice.post("/apps/shop/deploys/1/retry", follow=True)
    assert "Its source is not kept any more." in answer.content.decode()
    assert Build.objects.count() == 1


def test_somebody_new_gets_a_password_that_is_shown_once(signed_in: Callable[[str], Client]) -> None:
    root = signed_in("root")
    shown = root.post("/admin/people/new", {"name": "nora"}).content.decode()
    password = re.search(r'class="told">([^<]+)<', shown)
    assert password
    assert password[1] not in page(root, "/admin/people")
    assert signed_in("").post("/login", {"username": "nora", "password": password[1]}).status_code == 302
    assert "Somebody has this name already" in root.post("/admin/people/new", {"name": "Nora"}).content.decode()


def test_who_is_shut_out_is_signed_out_and_nobody_shuts_themselves_out(signed_in: Callable[[str], Client]) -> None:
    root, vera = signed_in("root"), signed_in("vera")
    root.post(f"/admin/people/{make.known('vera').pk}", {"do": "out"})
    assert vera.get("/").status_code == 302
    own = root.post(f"/admin/people/{make.known('root').pk}", {"do": "out"}, follow=True)
    assert "cannot shut yourself out" in own.content.decode()


def test_members_come_change_and_go(alice: Client, team: Team) -> None:
    alice.post(f"/teams/{team.pk}/join", {"name": "charlie", "role": "viewer"})
    alice.post(f"/teams/{team.pk}/join", {"name": "charlie", "role": "operator"})
    assert team.memberships.get(user__username="charlie").role == "operator"
    alice.post(f"/teams/{team.pk}/leave", {"name": "charlie"})
    assert not team.memberships.filter(user__username="charlie").exists()
    assert (
        "Nobody of this name" in alice.post(f"/teams/{team.pk}/join", {"name": "x", "role": "viewer"}).content.decode()
    )


def test_nobody_gives_a_role_above_their_own(team: Team) -> None:
    assert access.at_most(make.known("olga"), team, "operator")
    assert not access.at_most(make.known("olga"), team, "admin")
    assert not access.at_most(make.known("charlie"), team, "viewer")


def test_a_buildpack_is_registered_with_its_pin_and_removed_only_when_unused(
    signed_in: Callable[[str], Client], app: App
) -> None:
    root = signed_in("root")
    form = {"name": "ruby", "kind": "git", "url": "https://git.example.com/ruby.git", "pin": "main"}
    assert "Give the full commit" in root.post("/admin/buildpacks/new", form).content.decode()
    root.post("/admin/buildpacks/new", form | {"pin": "a" * 40})
    ruby = Buildpack.objects.get(name="ruby")
    app.app_buildpacks.create(buildpack=ruby, position=0)
    remove = {"do": "remove", "name": "ruby"}
    used = root.post(f"/admin/buildpacks/{ruby.pk}", remove, follow=True).content.decode()
    assert "ruby stays while it is in the list of an app." in used
    app.app_buildpacks.all().delete()
    root.post(f"/admin/buildpacks/{ruby.pk}", {"do": "disable"})
    assert not Buildpack.objects.get(name="ruby").enabled
    root.post(f"/admin/buildpacks/{ruby.pk}", remove)
    assert not Buildpack.objects.filter(name="ruby").exists()


def test_the_theme_is_kept_in_a_cookie_and_drawn_by_the_server(alice: Client) -> None:
    assert 'data-bs-theme="auto"' in page(alice, "/")
    assert alice.post("/account/theme", {"theme": "dark", "next": "https://evil.example"}).headers["Location"] == "/"
    assert 'data-bs-theme="dark"' in page(alice, "/")
    alice.cookies["theme"] = '"><script>'
    assert 'data-bs-theme="auto"' in page(alice, "/")


@pytest.mark.thorough
@pytest.mark.parametrize("apps", [1, 12])
def test_the_list_of_apps_asks_the_database_as_often_for_many_as_for_one(
    apps: int, alice: Client, team: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(apps):
        each = make.app(f"app-{number}", team)
        for _ in range(3):
            make.deploy(each)
        make.instances(each, "web", ["up"])
    with django_assert_max_num_queries(12):
        alice.get("/")


@pytest.mark.thorough
def test_older_deploys_stand_on_further_pages(app: App, alice: Client) -> None:
    for _ in range(22):
        make.deploy(app, "canceled")
    first, second = (alice.get(f"/apps/shop/deploys/?page={page}").content.decode() for page in (1, 2))
    assert "#22</a>" in first
    assert "#2</a>" not in first
    assert "Page 1 of 2" in first
    assert "#2</a>" in second
    assert "#3</a>" not in second


@pytest.mark.thorough
def test_the_bars_of_an_app_are_its_last_twenty_deploys_higher_the_longer_they_took(app: App, alice: Client) -> None:
    for number in range(1, 26):
        make.deploy(app, "failed" if number == 20 else "live", speed=2 if number == 25 else 1)
    page = alice.get("/").content.decode()
    assert re.findall(r'/apps/shop/deploys/(\d+)/" tabindex', page) == [str(number) for number in range(6, 26)]
    heights = [int(height) for height in re.findall(r'height="(\d+)" rx="1"', page)]
    assert max(heights) == heights[-1] == 20
    assert max(heights[:-1]) < 20
    assert page.count("bar bar-failed") == 1
    assert "<title>#20 Failed" in page
