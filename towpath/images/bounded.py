"""Doing many things a few at a time."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

_T = TypeVar("_T")


async def for_each(items: AsyncIterable[_T] | Iterable[_T], work: Callable[[_T], Awaitable[None]], limit: int) -> None:
    """Do `work` on each item, `limit` at a time; items are taken only as fast as they are worked on.

    The first failure ends the rest and is raised as it is.
    """
    stream = _as_stream(items)
    turn = asyncio.Lock()
    failures: list[BaseException] = []

    async def worker() -> None:
        while not failures:
            async with turn:
                try:
                    item = await anext(stream)
                except StopAsyncIteration:
                    return
            await work(item)

    workers = [asyncio.create_task(worker()) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
    except BaseException as failure:
        failures.append(failure)
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise
    finally:
        await stream.aclose()  # type: ignore[attr-defined]  # every stream here is a generator


class Room:
    """Room for things of different size; who came first gets in first."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._door = asyncio.Lock()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Wait until there is so much room, of what there is in all, and hold it."""
        held = 0
        try:
            async with self._door:  # two that took their parts in turn could wait for one another for ever
                while held < size:
                    await self._free.acquire()
                    held += 1
            yield
        finally:
            for _ in range(held):
                self._free.release()


async def _as_stream(items: AsyncIterable[_T] | Iterable[_T]) -> AsyncIterator[_T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
