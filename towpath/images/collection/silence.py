"""For how long a registry does not answer while it is started anew."""

import asyncio
from collections.abc import Awaitable, Callable

from towpath.images.collection.errors import CollectionError

ANSWER_SECONDS = 120
"""How long a registry may take to answer after it was started anew."""
POLL_SECONDS = 0.1


async def silent_seconds(
    work: Awaitable[None], ask: Callable[[], Awaitable[str | None]], clock: Callable[[], float]
) -> float:
    """Do the work, ask all the while, and return for how long there was no answer, to a tenth of a second or so.

    `ask` returns why there was none, or None if there was one. The registry answers when this returns. Raises what the
    work raises, and CollectionError where the silence does not end after it.
    """
    working = asyncio.ensure_future(work)
    silent, since, ended = 0.0, None, None
    try:
        while True:
            asked = clock()
            if ended is None and working.done():
                working.result()
                ended = asked
            reason = await ask()
            if reason is not None:
                since = asked if since is None else since
            elif since is not None:
                silent, since = silent + clock() - since, None
            if ended is not None:
                if reason is None:
                    return silent
                if clock() - ended > ANSWER_SECONDS:
                    raise CollectionError(
                        f"the registry has not answered for {ANSWER_SECONDS} s since it was started anew: {reason}"
                    )
            await asyncio.sleep(POLL_SECONDS)
    finally:
        if not working.done():
            working.cancel()
            await asyncio.wait([working])
