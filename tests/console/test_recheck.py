"""Whether people may still be there is asked for all of them at once."""

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import people, recheck
from console.recheck import FORBIDDEN, GONE, SIGNED_OUT, Claim, Round
from runtimes.models import App, Team
from tests.console import factories as make

Sign = Callable[[str], Client]
LONG = 60.0


@pytest.fixture
def claim(signed_in: Sign, app: App) -> Callable[[str], Claim]:
    """What somebody's socket of the app claims."""

    def claiming(person: str) -> Claim:
        return Claim(str(signed_in(person).session.session_key), app.pk)

    return claiming


def code(claim: Claim) -> int:
    return recheck.judge([claim])[claim]


@pytest.mark.parametrize("person", ["vera", "mark", "alice", "root"])
def test_whoever_may_know_of_the_app_stays(claim: Callable[[str], Claim], person: str) -> None:
    assert code(claim(person)) == 0


def test_another_teams_app_is_refused(claim: Callable[[str], Claim]) -> None:
    assert code(claim("charlie")) == FORBIDDEN


def test_who_left_the_team_is_refused(claim: Callable[[str], Claim], team: Team) -> None:
    theirs = claim("vera")
    people.leave(team, make.known("vera"))
    assert code(theirs) == FORBIDDEN


def test_an_admin_of_the_platform_no_more_is_refused(claim: Callable[[str], Claim]) -> None:
    theirs = claim("root")
    get_user_model().objects.filter(username="root").update(is_superuser=False)
    assert code(theirs) == FORBIDDEN


def test_what_is_being_destroyed_is_gone(claim: Callable[[str], Claim], app: App) -> None:
    theirs = claim("vera")
    App.objects.filter(pk=app.pk).update(destroyed_at=timezone.now())
    assert code(theirs) == GONE


def _renew_password() -> None:
    people.renew_password(make.known("vera"))


def _shut_out() -> None:
    people.let_in(make.known("vera"), may=False, by=make.known("root"))


def _sign_out() -> None:
    Session.objects.all().delete()


def _let_time_pass() -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def _spoil() -> None:
    Session.objects.update(session_data="nonsense")


@pytest.mark.parametrize("change", [_renew_password, _shut_out, _sign_out, _let_time_pass, _spoil])
def test_who_is_not_signed_in_any_more_must_sign_in(claim: Callable[[str], Claim], change: Callable[[], None]) -> None:
    theirs = claim("vera")
    change()
    assert code(theirs) == SIGNED_OUT


def test_a_session_in_which_nobody_signed_in_is_nobodys(claim: Callable[[str], Claim], app: App) -> None:
    anonymous = Client().session
    anonymous["theme"] = "dark"
    anonymous.save()
    assert code(Claim(str(anonymous.session_key), app.pk)) == SIGNED_OUT


def test_many_people_are_judged_by_as_many_queries_as_one(
    claim: Callable[[str], Claim], team: Team, signed_in: Sign
) -> None:
    for number in range(20):
        make.team(f"Team {number}", **{f"person{number}": "viewer"})
        make.app(f"app-{number}", Team.objects.get(name=f"Team {number}"))
    claims = [
        Claim(str(signed_in(f"person{number}").session.session_key), App.objects.get(name=f"app-{number}").pk)
        for number in range(20)
    ]
    assert [queries_of([claim("vera")]), queries_of(claims)] == [4, 4]
    assert set(recheck.judge(claims).values()) == {0}


def queries_of(claims: list[Claim]) -> int:
    with CaptureQueriesContext(connection) as queries:
        recheck.judge(claims)
    return len(queries)


async def test_who_is_in_a_hurry_takes_along_all_who_wait(shared_db: None) -> None:
    asked: list[set[Claim]] = []

    def judge(claims: Collection[Claim]) -> dict[Claim, int]:
        asked.append({*claims})
        return {claim: claim.app for claim in claims}

    together = Round(judge)
    claims = [Claim("session", number) for number in range(5)]
    codes = await asyncio.gather(*(together.join(claim, LONG if claim.app else 0) for claim in claims))
    assert (codes, asked) == ([0, 1, 2, 3, 4], [{*claims}])


async def test_who_goes_away_takes_nothing_from_the_others(shared_db: None) -> None:
    together = Round(lambda claims: dict.fromkeys(claims, FORBIDDEN))
    first, second = [asyncio.create_task(together.join(Claim("session", 1), 0.05)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    assert await second == FORBIDDEN


async def test_what_changes_between_two_rounds_counts_in_the_next(
    shared_db: None, claim: Callable[[str], Claim]
) -> None:
    vera = await database_sync_to_async(claim)("vera")
    assert await recheck.code_for(vera, 0) == 0
    await database_sync_to_async(_sign_out)()
    assert await recheck.code_for(vera, 0) == SIGNED_OUT
