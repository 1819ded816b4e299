"""Doing many things a few at a time."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
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


async def _as_stream(items: AsyncIterable[_T] | Iterable[_T]) -> AsyncIterator[_T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
