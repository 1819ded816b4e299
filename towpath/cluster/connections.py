"""Kept connections to one API server: as many as are busy at once.

Not httpx's: with it a write of a Secret takes this process 1.8 ms of processor, more than the API server, and 0.4 ms
with these (measured); and its import takes 0.2 s in every process.
"""

from towpath.cluster.connection import Connection, Dial, connect
from towpath.cluster.message import Answer, Request


class Connections:
    """Gives each request the connection that was used last, or a new one if all are busy. Who asks bounds how many."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._all: list[Connection] = []
        self._free: list[Connection] = []

    async def ask(self, request: Request) -> Answer:
        """Send a request and return its answer. Raises OSError, TimeoutError or BrokenMessageError."""
        connection = self._kept() or await self._new()
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._all:
            await connection.aclose()

    def _kept(self) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if connection.usable:
                return connection
        return None

    async def _new(self) -> Connection:
        connection = await connect(self._dial)
        self._all.append(connection)
        return connection
