"""What many wait for is heard once, and by all of them."""

import asyncio

from console.hearing import hearing

LONG = 10.0


async def test_a_ring_wakes_all_who_wait() -> None:
    async with hearing("user.1") as ear:
        waiting = [asyncio.create_task(ear.wait(LONG, ear.rings)) for _ in range(3)]
        await asyncio.sleep(0)
        ear.ring()
        assert await asyncio.gather(*waiting) == [True] * 3


async def test_what_rang_before_one_began_to_wait_is_not_missed() -> None:
    async with hearing("user.1") as ear:
        known = ear.rings
        ear.ring()
        assert await ear.wait(LONG, known)
        assert not await ear.wait(0.01, ear.rings)
