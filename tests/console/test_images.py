"""Ready images on the pages: made, deployed, their process types by hand."""

from typing import Any

import pytest
from django.test import Client

from builds.models import Build
from runtimes.models import App, Image, Process, Release, Team
from tests.console import factories as make

pytestmark = pytest.mark.django_db

NAME = "registry.example.com/team/shop:1.4"


@pytest.fixture
def image_app(team: Team) -> App:
    return make.app("shop", team, source="image", git_url="", git_ref="", image=NAME)


def serving(app: App, commands: dict[str, str], **facts: Any) -> Release:
    """A release of a ready image that serves."""
    journal = make.deploy(app, "queued")
    found = Image.objects.create(app=app, reference=NAME, digest="sha256:" + "ab" * 32, platform="linux/amd64", size=9)
    Build.objects.update(state="succeeded", image=NAME, found=found)
    for name in commands:
        Process.objects.get_or_create(environment=app.production, name=name)
    number = Release.objects.next_number(app.production)
    return Release.objects.create(
        environment=app.production, number=number, image=found, commands=commands, journal=journal, state="live"
    )


def test_an_app_of_a_ready_image_is_made_and_deployed_without_a_build(team: Team, alice: Client) -> None:
    form = {"name": "shop", "team": str(team.pk), "source": "image", "image": NAME}
    assert alice.post("/apps/new", form).status_code == 302
    app = App.objects.get()
    assert (app.image, app.image_pull, app.credentials) == (NAME, "always", None)
    answer = alice.post("/apps/shop/deploy", follow=True)
    page = answer.content.decode()
    assert "Pull image" in page
    assert "Fetch source" not in page
    assert NAME in page
    assert Build.objects.get().image == NAME


def test_a_deploy_may_name_another_image(image_app: App, alice: Client) -> None:
    alice.post("/apps/shop/deploy", {"image": "registry.example.com/team/shop:2"})
    assert Build.objects.get().image == "registry.example.com/team/shop:2"
    said = alice.post("/apps/shop/deploy", {"image": "no image"}, follow=True).content.decode()
    assert "Name an image as registry.example.com/team/shop:1.4" in said
    assert Build.objects.count() == 1


@pytest.mark.parametrize("image", ["", "Shop:1", "169.254.169.254:80/shop"])
def test_what_is_no_image_is_told_at_its_field(team: Team, alice: Client, image: str) -> None:
    form = {"name": "shop", "team": str(team.pk), "source": "image", "image": image}
    answer = alice.post("/apps/new", form)
    assert answer.status_code == 422
    assert 'id="id_image_error"' in answer.content.decode()


@pytest.mark.thorough
def test_every_page_of_an_app_shows_what_image_runs(image_app: App, alice: Client) -> None:
    serving(image_app, {"web": "", "worker": "work"})
    for address in ("", "releases/", "deploys/", "deploys/1/"):
        page = alice.get(f"/apps/shop/{address}").content.decode()
        assert NAME in page, address
        assert "sha256:" + "ab" * 32 in page, address
    assert "abababababab" in alice.get("/apps/shop/").content.decode()
    assert NAME in alice.get("/").content.decode()


def test_process_types_are_named_by_hand_and_run_from_the_next_deploy_on(image_app: App, alice: Client) -> None:
    serving(image_app, {"web": ""})
    said = alice.post("/apps/shop/processes/new", {"name": "worker", "command": "work hard"}, follow=True)
    page = said.content.decode()
    assert "worker runs from the next deploy on." in page
    assert "the image&#x27;s own entry point" in page
    assert "work hard" in page
    assert "Runs from the next deploy on." in page
    worker = Process.objects.get(name="worker")
    assert (worker.command, worker.quantity) == ("work hard", 0)


@pytest.mark.parametrize("name", ["release", "a b", "web", "-" * 64, "../x", ""])
def test_what_is_no_name_of_a_process_type_is_told_at_its_field(image_app: App, alice: Client, name: str) -> None:
    image_app.production.processes.create(name="web")
    answer = alice.post("/apps/shop/processes/new", {"name": name})
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.content.decode()
    assert Process.objects.count() == 1


def test_a_process_type_is_removed_and_its_instances_with_it(image_app: App, alice: Client) -> None:
    serving(image_app, {"web": "", "worker": "work"})
    said = alice.post("/apps/shop/processes/of/worker/remove", follow=True).content.decode()
    assert "worker is removed. Its instances end." in said
    assert [process.name for process in Process.objects.all()] == ["web"]


def test_process_types_of_an_app_that_is_built_are_its_procfiles(app: App, alice: Client) -> None:
    app.production.processes.create(name="web")
    assert alice.post("/apps/shop/processes/new", {"name": "worker"}).status_code == 422
    said = alice.post("/apps/shop/processes/of/web/remove", follow=True).content.decode()
    assert "come from its Procfile" in said
    assert Process.objects.count() == 1
    assert "Add a process type" not in alice.get("/apps/shop/processes/").content.decode()


def test_only_web_has_a_port_to_set(app: App, alice: Client) -> None:
    for name in ("web", "worker"):
        app.production.processes.create(name=name)
    assert 'name="port"' in alice.get("/apps/shop/processes/of/web").content.decode()
    assert 'name="port"' not in alice.get("/apps/shop/processes/of/worker").content.decode()


def test_a_release_command_is_set_for_one_environment(app: App, alice: Client) -> None:
    app.environments.create(name="staging")
    alice.post("/apps/shop/processes/release", {"environment": "staging", "command": " migrate "})
    assert dict(app.environments.values_list("name", "release_command")) == {"production": "", "staging": "migrate"}
    assert 'value="migrate"' in alice.get("/apps/shop/processes/?environment=staging").content.decode()
