"""The page on which a process type is set up."""

from typing import Any

import pytest
from django.test import Client

from runtimes.models import App, Process

pytestmark = pytest.mark.django_db

ADDRESS = "/apps/shop/processes/of/web"
FORM = {
    "environment": "production",
    "command": "gunicorn shop.wsgi",
    "port": "8000",
    "memory": "256",
    "cpus": "0.5",
    "health": "http",
    "health_path": "/health",
    "health_statuses": "200,204",
    "health_command": "",
    "start_period": "90",
    "interval": "15",
    "timeout": "3",
    "failures": "2",
    "grace": "20",
    "stop_signal": "SIGQUIT",
}


@pytest.fixture
def process(app: App) -> Process:
    return app.production.processes.create(name="web", quantity=2)


def test_what_is_filled_in_is_stored_and_the_number_of_instances_is_not_touched(
    process: Process, alice: Client
) -> None:
    said = alice.post(ADDRESS, FORM, follow=True).content.decode()
    process.refresh_from_db()
    stored = {name: str(getattr(process, name)) for name in FORM if name != "environment"}
    assert stored == {name: value for name, value in FORM.items() if name != "environment"}
    assert process.quantity == 2
    assert "The settings of web are saved." in said
    assert "The next release runs the other command." in said
    assert "The next release is asked at the other port." in said
    assert "Restart its instances" in said
    assert "healthy when /health answers" in said


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"health_path": ""}, "Say which path is asked for"),
        ({"port": "0"}, "greater than or equal to 1"),
        ({"port": "65536"}, "less than or equal to 65535"),
        ({"health_path": "health"}, "Begin with a slash"),
        ({"health_path": "/a b"}, "Begin with a slash"),
        ({"health_path": "/a\r\nHost: other"}, "Begin with a slash"),
        ({"health_statuses": "2xx"}, "Write statuses and ranges"),
        ({"health": "command"}, "Say which command tells"),
        ({"health": "magic"}, "magic is not one of the available choices"),
        ({"stop_signal": "SIGKILL"}, "SIGKILL is not one of the available choices"),
        ({"memory": "1"}, "greater than or equal to 32"),
        ({"interval": "0"}, "greater than or equal to 5"),
        ({"timeout": "600"}, "less than or equal to 60"),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(
    process: Process, alice: Client, wrong: dict[str, Any], sentence: str
) -> None:
    response = alice.post(ADDRESS, FORM | wrong)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    process.refresh_from_db()
    assert (process.health, process.memory, process.command) == ("tcp", 512, "")


def test_only_web_has_a_port_to_ask(app: App, alice: Client) -> None:
    app.production.processes.create(name="worker")
    response = alice.post("/apps/shop/processes/of/worker", FORM)
    assert response.status_code == 422
    assert "Only web has a port." in response.content.decode()


def test_a_process_type_that_is_not_there_has_no_settings(app: App, alice: Client) -> None:
    assert alice.get("/apps/shop/processes/of/clock").status_code == 404


def test_the_page_shows_what_is_set_and_leads_back(process: Process, alice: Client) -> None:
    page = alice.get(ADDRESS).content.decode()
    assert 'value="200-399"' in page
    assert "Settings of web in production" in page
    assert [name for name in FORM.keys() - {"environment"} if page.count(f'name="{name}"') != 1] == []
    assert "/apps/shop/processes/of/web?environment=production" in alice.get("/apps/shop/processes/").content.decode()


def test_why_an_environment_cannot_be_what_it_should_is_on_the_pages_of_its_instances(
    process: Process, app: App, alice: Client
) -> None:
    pages = ("/apps/shop/", "/apps/shop/processes/")
    assert not any("cannot be made what it should be" in alice.get(page).content.decode() for page in pages)
    app.environments.update(trouble="The slug 0123 cannot be read from the storage: <gone>.")
    for page in pages:
        assert "The slug 0123 cannot be read from the storage: &lt;gone&gt;." in alice.get(page).content.decode()
