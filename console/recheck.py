"""Whether those who are connected may still be, asked for all of them together.

What the sockets of this process ask within a few seconds is answered in one round: by four queries, for a thousand
people as for one.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from console import access
from runtimes.models import App

SIGNED_OUT, FORBIDDEN, GONE = 4401, 4403, 4404


class Claim(NamedTuple):
    """Whoever is signed in by this session may see this app, by their keys."""

    session: str
    app: int


def judge(claims: Collection[Claim]) -> dict[Claim, int]:
    """Why a socket with such a claim must close, as a code; 0 if it need not."""
    people = _signed_in({claim.session for claim in claims})
    apps = App.objects.filter(pk__in={claim.app for claim in claims}, destroyed_at=None)
    teams = dict(apps.values_list("pk", "team"))
    known = access.known_teams(people.values(), teams.values())

    def code(claim: Claim) -> int:
        if (user := people.get(claim.session)) is None:
            return SIGNED_OUT
        if (team := teams.get(claim.app)) is None:
            return GONE
        return 0 if (user.pk, team) in known else FORBIDDEN

    return {claim: code(claim) for claim in claims}


def _signed_in(sessions: Collection[str]) -> dict[str, Any]:
    """By session who is signed in by it, by the rules of `django.contrib.auth.get_user`."""
    rows = Session.objects.filter(session_key__in=sessions, expire_date__gt=timezone.now())
    found = {row.session_key: row.get_decoded() for row in rows}
    users = get_user_model().objects.filter(pk__in={data.get(SESSION_KEY) for data in found.values()}, is_active=True)
    by_key = {str(user.pk): user for user in users}
    signed_in = {key: by_key.get(data.get(SESSION_KEY, "")) for key, data in found.items()}
    return {
        key: user
        for key, user in signed_in.items()
        if user and constant_time_compare(found[key].get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    }


class Round:
    """Claims that are judged together; whoever comes when it has begun waits for the next."""

    def __init__(self, judge: Callable[[Collection[Claim]], dict[Claim, int]] = judge) -> None:
        self._judge = judge
        self._claims: set[Claim] = set()
        self._begins = asyncio.Event()
        self._judged = asyncio.create_task(self._hold())

    async def join(self, claim: Claim, seconds: float) -> int:
        """The code for this claim; the round begins in so many seconds at the latest."""
        self._claims.add(claim)
        asyncio.get_running_loop().call_later(seconds, self._begins.set)
        return (await asyncio.shield(self._judged))[claim]

    async def _hold(self) -> dict[Claim, int]:
        await self._begins.wait()
        _open.pop(asyncio.get_running_loop(), None)
        judged: dict[Claim, int] = await database_sync_to_async(self._judge)(self._claims)
        return judged


_open: WeakKeyDictionary[asyncio.AbstractEventLoop, Round] = WeakKeyDictionary()


async def code_for(claim: Claim, seconds: float) -> int:
    """Why a socket with this claim must close, 0 if it need not; asked in so many seconds at the latest."""
    loop = asyncio.get_running_loop()
    if loop not in _open:
        _open[loop] = Round()
    return await _open[loop].join(claim, seconds)
