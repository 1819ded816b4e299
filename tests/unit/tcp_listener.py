"""A listener of a test's own: no connection that it serves outlives it, and nothing that serves one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

ADDRESS = "127.0.0.1"
Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_BROKEN = (ConnectionError, ssl.SSLError, EOFError)


@asynccontextmanager
async def tcp_listener(serve: Serving, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Give the port; `serve` is called for each connection, and cut off at the end.

    A connection that breaks ends `serve`; whatever else it raises is raised here at the end.
    """
    served: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        # Nobody else holds what waits for ever: the loop itself would let it be collected.
        served.append(asyncio.create_task(_until_it_breaks(serve, reader, writer)))

    server = await asyncio.start_server(accept, ADDRESS, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in served:
            each.cancel()
        for writer in writers:
            writer.transport.abort()
        ends = await asyncio.gather(*served, return_exceptions=True)
        await asyncio.sleep(0)  # in which the loop closes what `serve` has opened and closed
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _until_it_breaks(serve: Serving, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await serve(reader, writer)
    except _BROKEN:
        writer.transport.abort()
