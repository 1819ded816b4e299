"""Kept connections to one server: as many as are busy at once.

Not httpx's: with it a write of a Secret takes this process 1.8 ms of processor, more than the API server, and 0.4 ms
with these (measured); and its import takes 0.2 s in every process.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from towpath.https.connection import Connection, Dial, connect
from towpath.https.message import Answer, Head, Request

_CLOSING_SECONDS = 1.0


class Response(Protocol):
    """An answer whose body is still to be read; whoever has it closes it."""

    @property
    def head(self) -> Head:
        """How it begins."""

    @property
    def certificate(self) -> bytes | None:
        """What the server showed, in DER."""

    def pieces(self) -> AsyncIterator[bytes]:
        """Give the body as it comes. Raises OSError, TimeoutError or BrokenMessageError."""

    def close(self) -> None:
        """Let the connection go."""


class Connections:
    """Gives each request the connection that was used last, or a new one if all are busy. Who asks bounds how many."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._all: set[Connection] = set()
        self._free: list[Connection] = []

    async def open(self, request: Request) -> Response:
        """Send a request and return its answer. Raises OSError, TimeoutError or BrokenMessageError."""
        connection = self._kept() or await self._new()
        try:
            head = await connection.ask(request)
        except BaseException:
            self._let_go(connection)
            raise
        return _Response(self, connection, head)

    async def ask(self, request: Request) -> Answer:
        """Send a request and return its whole answer. Raises as `open` does."""
        response = await self.open(request)
        try:
            content = b"".join([piece async for piece in response.pieces()])
        finally:
            response.close()
        return Answer(response.head.status_code, response.head.headers, content)

    async def aclose(self) -> None:
        """Close every connection."""
        if closed := [connection.abort() for connection in self._all]:
            await asyncio.wait(closed, timeout=_CLOSING_SECONDS)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it is good for one."""
        if connection.usable:
            self._free.append(connection)
        else:
            self._let_go(connection)

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


class _Response:
    def __init__(self, connections: Connections, connection: Connection, head: Head) -> None:
        self.head = head
        self._connections = connections
        self._connection: Connection | None = connection

    @property
    def certificate(self) -> bytes | None:
        return self._connection.certificate if self._connection else None

    def pieces(self) -> AsyncIterator[bytes]:
        assert self._connection is not None, "it is closed"  # noqa: S101
        return self._connection.pieces()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.finish()
            self._connections.give_back(connection)
