"""Many things a few at a time: how many at once, how fast items are taken, how failures end it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from towpath.images.bounded import Room, for_each


async def test_no_more_than_the_limit_run_and_items_are_not_taken_ahead() -> None:
    running, most, taken, done = 0, 0, 0, 0

    async def items() -> AsyncIterator[int]:
        nonlocal taken
        for number in range(50):
            taken += 1
            assert taken - done <= 5
            yield number

    async def work(_: int) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done += 1

    await for_each(items(), work, 4)
    assert (most, done) == (4, 50)


async def test_a_failure_ends_the_rest_and_is_raised_as_it_is() -> None:
    started: list[int] = []
    cancelled: list[int] = []

    async def work(number: int) -> None:
        started.append(number)
        if number == 1:
            raise ValueError("one")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(ValueError, match="one"):
        await for_each(range(100), work, 3)
    assert len(started) <= 4
    assert cancelled


async def test_a_failing_source_is_raised_too() -> None:
    async def items() -> AsyncIterator[int]:
        yield 1
        raise ValueError("source")

    async def work(_: int) -> None:
        await asyncio.sleep(0)

    with pytest.raises(ValueError, match="source"):
        await for_each(items(), work, 3)


async def test_a_room_is_never_overfull_nor_waited_for_in_a_ring() -> None:
    """Two large ones that come at the same time get in one after the other, and a small one does not pass them."""
    room, inside, most, order = Room(4), 0, 0, []

    async def stay(size: int) -> None:
        nonlocal inside, most
        async with room.taken(size):
            order.append(size)
            inside += size
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= size

    await asyncio.wait_for(asyncio.gather(*(stay(size) for size in (3, 4, 3, 1, 1))), 5)
    assert (most, inside, order) == (4, 0, [3, 4, 3, 1, 1])


async def test_whoever_gives_up_waiting_leaves_no_room_taken() -> None:
    room = Room(2)
    async with room.taken(1):
        waiting = asyncio.create_task(_pass_through(room))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(_pass_through(room), 5)


async def _pass_through(room: Room) -> None:
    async with room.taken(2):
        return
