"""What many wait for is heard once, and what many ask is looked at once."""

import asyncio

from console.hearing import Ear, hearing

ALWAYS = 3600.0


class Looks:
    """Counts how often somebody looked; each look says its number."""

    def __init__(self) -> None:
        self.count = 0

    async def look(self) -> int:
        self.count += 1
        await asyncio.sleep(0)
        return self.count


async def ask(ear: Ear, looks: Looks, key: str = "log", seconds: float = ALWAYS) -> int:
    return await ear.look(key, looks.look, seconds)


async def test_who_asks_meanwhile_or_soon_after_gets_the_same_answer() -> None:
    looks = Looks()
    async with hearing("user.1") as ear:
        assert {*await asyncio.gather(ask(ear, looks), ask(ear, looks), ask(ear, looks))} == {1}
        assert await ask(ear, looks) == 1
        assert await ask(ear, looks, seconds=0) == 2
        assert await ask(ear, looks, key="another log") == 3


async def test_after_a_ring_nobody_gets_an_answer_from_before() -> None:
    looks = Looks()
    async with hearing("user.1") as ear:
        assert await ask(ear, looks) == 1
        ear.ring()
        assert {*await asyncio.gather(ask(ear, looks), ask(ear, looks))} == {2}


async def test_whoever_goes_away_leaves_the_answer_to_the_others() -> None:
    looks = Looks()
    async with hearing("user.1") as ear:
        first, second = asyncio.create_task(ask(ear, looks)), asyncio.create_task(ask(ear, looks))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 1
