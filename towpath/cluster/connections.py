"""Kept connections to one API server: as many as are busy at once.

Not httpx's: with it a write of a Secret takes this process 1.8 ms of processor, more than the API server, and 0.4 ms
with these (measured); and its import takes 0.2 s in every process.
"""

import asyncio

from towpath.cluster.connection import Connection, Dial, connect
from towpath.cluster.message import Answer, Request

_CLOSING_SECONDS = 1.0


class Connections:
    """Gives each request the connection that was used last, or a new one if all are busy. Who asks bounds how many."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._all: set[Connection] = set()
        self._free: list[Connection] = []

    async def ask(self, request: Request) -> Answer:
        """Send a request and return its answer. Raises OSError, TimeoutError or BrokenMessageError."""
        connection = self._kept() or await self._new()
        try:
            answer = await connection.ask(request)
        except BaseException:
            self._let_go(connection)
            raise
        self._free.append(connection)
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        if closed := [connection.abort() for connection in self._all]:
            await asyncio.wait(closed, timeout=_CLOSING_SECONDS)

    def _kept(self) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if connection.usable:
                return connection
            self._let_go(connection)
        return None

    async def _new(self) -> Connection:
        connection = await connect(self._dial)
        self._all.add(connection)
        return connection

    def _let_go(self, connection: Connection) -> None:
        self._all.discard(connection)
        connection.abort()
