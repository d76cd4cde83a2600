"""Credentials of registries: who keeps them, what is shown of them, and that they go where they are for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from runtimes.models import App, Credentials, Team
from tests.console import factories as make

pytestmark = pytest.mark.django_db

SECRET = "a long secret"
FORM = {"name": "ours", "registry": "registry.example.com", "username": "robot", "password": SECRET}


def change(client: Client, of: Credentials, **fields: str) -> Any:
    return client.post(f"/credentials/{of.pk}", FORM | {"password": ""} | fields)


def test_they_are_kept_encrypted_and_shown_to_nobody(team: Team, alice: Client) -> None:
    said = alice.post("/credentials/new", FORM | {"team": str(team.pk)}, follow=True).content.decode()
    made = Credentials.objects.get()
    assert (made.team, made.registry, made.username, made.password) == (team, "registry.example.com", "robot", SECRET)
    assert "ours is there." in said
    for address in ("/credentials/", f"/credentials/{made.pk}"):
        page = alice.get(address).content.decode()
        assert "registry.example.com" in page
        assert SECRET not in page
    assert SECRET not in repr(made) + repr(made.login) + str(made)


def test_a_form_that_comes_back_does_not_bring_the_password(team: Team, alice: Client) -> None:
    answer = alice.post("/credentials/new", FORM | {"team": str(team.pk), "registry": "https://x"})
    assert (answer.status_code, SECRET in answer.content.decode()) == (422, False)
    assert "Name the registry" in answer.content.decode()


def test_an_empty_password_keeps_the_stored_one(team: Team, alice: Client) -> None:
    made = make.credentials(team)
    assert change(alice, made, username="other").status_code == 302
    made.refresh_from_db()
    assert (made.username, made.password) == ("other", SECRET)
    assert change(alice, made, password="another secret").status_code == 302
    made.refresh_from_db()
    assert made.password == "another secret"


def test_another_registry_does_not_get_the_stored_password(team: Team, alice: Client) -> None:
    made = make.credentials(team)
    answer = change(alice, made, registry="mine.example.org")
    assert answer.status_code == 422
    assert "For another registry, give its password too." in answer.content.decode()
    made.refresh_from_db()
    assert made.registry == "registry.example.com"
    assert change(alice, made, registry="mine.example.org", password="new").status_code == 302


def test_what_an_app_uses_is_named_stays_and_keeps_its_registry(app: App, team: Team, alice: Client) -> None:
    made = make.credentials(team)
    App.objects.update(source="image", image="registry.example.com/shop:1", credentials=made)
    assert ">shop</a>" in alice.get("/credentials/").content.decode()
    moved = change(alice, made, registry="other.example.com", password="x").content.decode()
    assert "shop need them for registry.example.com." in moved
    App.objects.update(credentials=None)
    alice.post(f"/credentials/{made.pk}/remove", {"name": "ours"})
    assert not Credentials.objects.exists()


def test_those_for_all_teams_are_the_platforms_admins(team: Team, signed_in: Callable[[str], Client]) -> None:
    root, alice = signed_in("root"), signed_in("alice")
    assert root.post("/credentials/new", FORM).status_code == 302
    made = Credentials.objects.get()
    assert (made.team, "All teams" in root.get("/credentials/").content.decode()) == (None, True)
    assert alice.get(f"/credentials/{made.pk}").status_code == 404
    assert alice.post("/credentials/new", FORM).status_code == 422


def test_another_teams_are_not_there(team: Team, alice: Client) -> None:
    theirs = make.credentials(Team.objects.get(name="Charlie's team"), "theirs")
    assert "theirs" not in alice.get("/credentials/").content.decode()
    assert alice.get(f"/credentials/{theirs.pk}").status_code == 404
    assert alice.post("/credentials/new", FORM | {"team": str(theirs.team_id)}).status_code == 422


def test_who_keeps_none_is_told_who_does(team: Team, signed_in: Callable[[str], Client]) -> None:
    make.credentials(team)
    page = signed_in("olga").get("/credentials/").content.decode()
    assert "Admins of a team keep the credentials" in page
    assert "registry.example.com" not in page


def test_an_app_takes_those_of_its_team_and_those_for_all(app: App, team: Team, alice: Client) -> None:
    ours, everybodys = make.credentials(team), make.credentials(None, "hub", "docker.io")
    theirs = make.credentials(Team.objects.get(name="Charlie's team"), "theirs")
    page = alice.get("/apps/shop/settings/").content.decode()
    assert "ours (registry.example.com)" in page
    assert "hub (docker.io)" in page
    assert "theirs" not in page
    source = {"source": "image", "image": "registry.example.com/shop:1"}
    assert alice.post("/apps/shop/settings/source", source | {"credentials": str(theirs.pk)}).status_code == 422
    wrong = alice.post("/apps/shop/settings/source", source | {"credentials": str(everybodys.pk)})
    assert "hub is for docker.io, but this image is at registry.example.com." in wrong.content.decode()
    assert alice.post("/apps/shop/settings/source", source | {"credentials": str(ours.pk)}).status_code == 302
    app.refresh_from_db()
    assert (app.source, app.image, app.credentials) == ("image", "registry.example.com/shop:1", ours)
