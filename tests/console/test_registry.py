"""What the platform's admin does with buildpacks and stacks, and what an app's page says of both."""

from collections.abc import Callable

import pytest
from django.test import Client

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.models import Build, Detection
from runtimes.models import App, Stack, Team
from tests.console import factories as make


@pytest.fixture
def root(signed_in: Callable[[str], Client]) -> Client:
    """The platform's admin's browser, with a filled registry."""
    registry.sync()
    return signed_in("root")


def names() -> list[str]:
    """The registry in its order."""
    return [each.name for each in registry.usable()]


def page(client: Client, address: str) -> str:
    """The text of a page."""
    return client.get(address).content.decode()


def test_a_button_moves_a_buildpack_in_the_global_order(root: Client) -> None:
    form = {"names": names(), "do": "up python"}
    drawn = root.post("/admin/buildpacks/order", form, headers={"HX-Request": "true"}).content.decode()
    assert names()[1:3] == ["python", "nodejs"]
    assert "<html" not in drawn
    assert drawn.index('data-name="python"') < drawn.index('data-name="nodejs"')


def test_an_order_drawn_before_somebody_elses_is_told_to_reload(root: Client) -> None:
    form = {"names": names(), "do": "down apt", "seen": "what it was once"}
    assert "Reload the page" in root.post("/admin/buildpacks/order", form, follow=True).content.decode()
    assert names()[0] == "apt"


def test_a_buildpacks_environment_is_set_shown_and_refused_in_words(root: Client) -> None:
    address = f"/admin/buildpacks/{Buildpack.objects.get(name='python').pk}/"
    root.post(f"{address}environment", {"lines": '# a mirror\r\nMIRROR=https://m.example/?a=b\r\nWORDS="two \'words"'})
    assert Buildpack.objects.get(name="python").environment == {
        "MIRROR": "https://m.example/?a=b",
        "WORDS": "two 'words",
    }
    assert "MIRROR=https://m.example/?a=b" in page(root, address)
    refused = root.post(f"{address}environment", {"lines": "PATH=/x"})
    assert (refused.status_code, "PATH is set by the platform" in refused.content.decode()) == (422, True)
    assert "Line 1 is not KEY=VALUE" in root.post(f"{address}environment", {"lines": "nothing"}).content.decode()


@pytest.mark.parametrize("value", ["plain", "a # b", 'say "x"', "back\\slash", " edges ", "", "'single'"])
def test_an_environment_that_is_shown_is_read_back_as_it_was(root: Client, value: str) -> None:
    python = Buildpack.objects.get(name="python")
    Buildpack.objects.filter(pk=python.pk).update(environment={"A": value})
    shown = root.get(f"/admin/buildpacks/{python.pk}/").context["form"].initial["lines"]
    root.post(f"/admin/buildpacks/{python.pk}/environment", {"lines": shown})
    assert Buildpack.objects.get(pk=python.pk).environment == {"A": value}


def test_a_buildpack_that_could_not_be_fetched_says_why(root: Client) -> None:
    Buildpack.objects.create(name="mine", kind="git", url="https://git.example/mine.git", problem="Nobody answers.")
    assert "Nobody answers." in page(root, "/admin/buildpacks")
    address = f"/admin/buildpacks/{Buildpack.objects.get(name='mine').pk}"
    assert "Not fetched" in page(root, f"{address}/")
    assert "Being fetched" in root.post(address, {"do": "again"}, follow=True).content.decode()


def test_a_used_buildpack_offers_no_removal_and_names_who_uses_it(root: Client, app: App) -> None:
    mine = Buildpack.objects.create(name="mine", kind="git", archive="x")
    assert "Remove mine" in page(root, f"/admin/buildpacks/{mine.pk}/")
    app.app_buildpacks.create(buildpack=mine, position=0)
    shown = page(root, f"/admin/buildpacks/{mine.pk}/")
    assert "/apps/shop/buildpacks/" in shown
    assert "Remove mine" not in shown


def test_a_stack_is_shown_with_its_state_and_its_problem(root: Client) -> None:
    form = {"name": "theirs", "identifier": "heroku-24", "build_from": "host/a:build", "run_from": "host/a:run"}
    root.post("/admin/stacks/new", form)
    assert "Being made" in page(root, "/admin/stacks")
    Stack.objects.filter(name="theirs").update(problem="host/a:build lacks what builds need: zstd.")
    fragment = root.get("/admin/stacks", headers={"HX-Request": "true"}).content.decode()
    assert "lacks what builds need: zstd" in fragment
    assert "<html" not in fragment


def test_what_the_last_build_found_can_be_pinned_as_the_list(root: Client, alice: Client, app: App) -> None:
    assert "Pin as the list" not in page(alice, "/apps/shop/buildpacks/")
    make.deploy(app)
    Build.objects.update(state="succeeded", buildpacks=[{"name": "nodejs"}, {"name": "python"}])
    shown = page(alice, "/apps/shop/buildpacks/")
    assert "The last build found: nodejs, python." in shown
    alice.post("/apps/shop/buildpacks/arrange", {"names": ["nodejs", "python"]})
    assert [row.buildpack.name for row in app.app_buildpacks.all()] == ["nodejs", "python"]
    assert "Pin as the list" not in page(alice, "/apps/shop/buildpacks/")


def test_who_may_not_order_buildpacks_is_not_offered_to_pin_or_clear(
    root: Client, signed_in: Callable[[str], Client], app: App
) -> None:
    make.deploy(app)
    Build.objects.update(state="succeeded", buildpacks=[{"name": "python"}], cache_bytes=1_000_000)
    shown = page(signed_in("mark"), "/apps/shop/buildpacks/")
    assert "Pin as the list" not in shown
    assert "Clear cache" not in shown
    assert "1.0 MB" in shown


def test_the_caches_size_is_shown_until_it_is_cleared(alice: Client, app: App) -> None:
    assert "Nothing is known to be kept" in page(alice, "/apps/shop/buildpacks/")
    make.deploy(app)
    Build.objects.update(cache_bytes=52_000_000)
    shown = page(alice, "/apps/shop/buildpacks/")
    assert "52.0 MB" in shown
    assert "Clear cache" in shown


def test_a_preview_is_asked_for_and_what_it_finds_can_be_made_the_list(root: Client, alice: Client, app: App) -> None:
    drawn = alice.post("/apps/shop/buildpacks/preview", headers={"HX-Request": "true"}).content.decode()
    assert ("Preview again" in drawn, "running" in drawn.lower()) == (False, True)
    Detection.objects.update(state="done", found=[{"name": "nodejs", "label": "Node.js"}], output="-----> Looking")
    shown = page(alice, "/apps/shop/buildpacks/detection")
    assert "<html" not in shown
    for piece in ('title="Node.js"', "Looking", "Make these the list", "Preview again"):
        assert piece in shown, piece
    Detection.objects.update(found=[])
    assert "No buildpack recognises the source." in page(alice, "/apps/shop/buildpacks/detection")


def test_a_deploy_can_begin_with_an_empty_cache(alice: Client, app: App) -> None:
    alice.post("/apps/shop/deploy", {})
    alice.post("/apps/shop/deploy", {"clear_cache": "on"})
    assert [build.clear_cache for build in Build.objects.order_by("pk")] == [False, True]


def test_an_apps_stack_is_changed_with_a_word_about_its_cache(root: Client, alice: Client, app: App) -> None:
    assert "Another stack starts with an empty cache" in page(alice, "/apps/shop/settings/")
    other = Stack.objects.get(name="debian-13")
    told = alice.post("/apps/shop/settings/stack", {"stack": other.pk}, follow=True).content.decode()
    assert "The next deploy builds on debian-13." in told
    assert App.objects.get(pk=app.pk).stack == other


def test_a_stack_names_ten_of_its_apps_and_counts_the_others(team: Team, root: Client) -> None:
    for number in range(12):
        make.app(f"app-{number:02}", team)
    said = page(root, "/admin/stacks")
    assert '">app-09</a> and 2 more' in said
    assert "app-10" not in said
