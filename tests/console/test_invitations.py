"""Invitations: once, for a while, never above the role of who made them, and no token is kept."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from console import attempts, invitations
from console.models import Invitation
from runtimes.models import Membership, Role, Team
from tests.console import factories as make

PASSWORD = "a-long-new-password"
ACCOUNT = {"username": "nora", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def link(team: Team) -> str:
    """The address of an invitation as a member, made by Alice."""
    return f"/invitations/{invitations.invite(team, Role.MEMBER, make.known('alice'))[1]}/"


def role_of(name: str, team: Team) -> str:
    """What somebody is in a team; empty for who is not in it."""
    found = Membership.objects.filter(user__username=name, team=team).first()
    return found.role if found else ""


def gone(client: Client, link: str) -> bool:
    """Whether the link leads nowhere, to look and to say yes."""
    return {client.get(link).status_code, client.post(f"{link}accept", ACCOUNT).status_code} == {404}


def test_a_link_is_shown_once_and_makes_an_account_with_its_role(alice: Client, team: Team, client: Client) -> None:
    shown = alice.post(f"/teams/{team.pk}/invite", {"role": "operator"}).content.decode()
    found = re.search(r"http://testserver(/invitations/[\w-]+/)", shown)
    assert found
    assert found[1] not in alice.get(f"/teams/{team.pk}/").content.decode()
    assert "alice invites you as Operator" in client.get(found[1]).content.decode()
    assert client.post(f"{found[1]}accept", ACCOUNT).headers["Location"] == f"/teams/{team.pk}/"
    assert (role_of("nora", team), client.get("/").status_code) == ("operator", 200)


def test_an_account_that_is_there_joins_when_it_is_signed_in(
    link: str, team: Team, signed_in: Callable[[str], Client]
) -> None:
    charlie = signed_in("charlie")
    assert "Join as charlie" in charlie.get(link).content.decode()
    charlie.post(f"{link}accept")
    assert role_of("charlie", team) == "member"


def test_an_invitation_works_once(link: str, team: Team, client: Client, signed_in: Callable[[str], Client]) -> None:
    client.post(f"{link}accept", ACCOUNT)
    assert gone(signed_in("charlie"), link)
    assert role_of("charlie", team) == ""


def test_of_two_who_take_it_up_at_once_one_gets_it_and_no_account_is_left_over(link: str, team: Team) -> None:
    invitation = Invitation.objects.get()
    invitations.accept(invitation, make.known("charlie"))
    with pytest.raises(ValidationError):
        invitations.accept(invitation, make.known("root"))
    assert role_of("root", team) == ""


def test_an_invitation_ends(link: str, client: Client) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert gone(client, link)
    assert not invitations.still_open(Team.objects.get(name="Alice's team"))


def test_what_ended_does_not_pile_up(link: str, team: Team) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    made, _ = invitations.invite(team, Role.VIEWER, make.known("alice"))
    assert list(Invitation.objects.all()) == [made]


def test_a_revoked_invitation_leads_nowhere(link: str, team: Team, alice: Client, client: Client) -> None:
    assert "Revoke" in alice.get(f"/teams/{team.pk}/").content.decode()
    alice.post(f"/teams/{team.pk}/invitations/{Invitation.objects.get().pk}/revoke")
    assert gone(client, link)


def test_an_invitation_of_another_team_is_not_there_to_revoke(link: str, signed_in: Callable[[str], Client]) -> None:
    theirs = Team.objects.get(name="Charlie's team")
    address = f"/teams/{theirs.pk}/invitations/{Invitation.objects.get().pk}/revoke"
    assert signed_in("charlie").post(address).status_code == 404
    assert Invitation.objects.exists()


def test_nobody_invites_above_their_own_role(team: Team, alice: Client) -> None:
    with pytest.raises(ValidationError):
        invitations.invite(team, Role.ADMIN, make.known("olga"))
    assert (
        "cannot give this role"
        in alice.post(f"/teams/{team.pk}/invite", {"role": "owner"}, follow=True).content.decode()
    )
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("change", [{"role": "operator"}, None])
def test_an_invitation_is_worth_what_its_maker_may_still_give(
    change: dict[str, Any] | None, link: str, team: Team, client: Client
) -> None:
    alices = Membership.objects.filter(user__username="alice", team=team)
    alices.update(**change) if change else alices.delete()
    assert gone(client, link)


def test_a_higher_role_than_the_invitations_stays(link: str, team: Team, signed_in: Callable[[str], Client]) -> None:
    signed_in("olga").post(f"{link}accept")
    assert role_of("olga", team) == "operator"


def test_the_token_is_kept_nowhere(link: str) -> None:
    token = link.split("/")[2]
    assert token not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password2": "another-long-password"}, "match"),
        ({"username": "Alice"}, "already exists"),
        ({"username": "no spaces"}, "valid username"),
    ],
)
def test_an_account_that_cannot_be_gets_a_sentence_and_the_invitation_stays(
    fields: dict[str, str], sentence: str, link: str, client: Client
) -> None:
    answer = client.post(f"{link}accept", ACCOUNT | fields)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert PASSWORD not in answer.content.decode()
    assert Invitation.objects.exists()
    assert not get_user_model().objects.filter(username="nora").exists()


@pytest.mark.thorough
def test_who_guesses_tokens_is_told_nothing_any_more_not_even_of_a_right_one(link: str, client: Client) -> None:
    for number in range(attempts.MOST_PER_ADDRESS):
        assert client.get(f"/invitations/guess-{number}/").status_code == 404
    assert gone(client, link)
