"""SSH servers in a test's own process: none of their connections, nor of those that they forward, outlives them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncssh

from tests.unit.tcp_listener import ADDRESS


class ListeningServer(asyncssh.SSHServer):
    """One connection of an `ssh_listener`; it forwards to where it is asked to if `forwards`."""

    forwards = False

    def __init__(self) -> None:
        self._connection: asyncssh.SSHServerConnection
        self._forwarders: list[asyncssh.SSHForwarder] = []
        self._ended = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep what is to be ended."""
        self._connection = conn

    def connection_requested(
        self, dest_host: str, dest_port: int, *_: object
    ) -> bool | Awaitable[asyncssh.SSHTCPSession[bytes]]:
        """Forward, or refuse."""
        # asyncssh does the same where it is answered True, and takes a forwarder for a session as well.
        if not self.forwards:
            return False
        return cast("Awaitable[asyncssh.SSHTCPSession[bytes]]", self._forwarder(dest_host, dest_port))

    async def end(self) -> None:
        """End the connection, and what was forwarded."""
        self._ended = True
        self._connection.abort()
        await self._connection.wait_closed()
        for each in self._forwarders:
            each.close()

    async def _forwarder(self, host: str, port: int) -> asyncssh.SSHForwarder:
        # asyncssh forgets one that is ready only when its connection is gone, and leaves it open.
        forwarder = await self._connection.forward_connection(host, port)
        self._forwarders.append(forwarder)
        if self._ended:
            forwarder.close()
        return forwarder


@asynccontextmanager
async def ssh_listener(
    server: Callable[[], ListeningServer], host_key: asyncssh.SSHKey, authorized: str = "", **options: Any
) -> AsyncIterator[int]:
    """Give the port; `authorized` is a public key that is let in."""
    servers: list[ListeningServer] = []

    def accepted() -> ListeningServer:
        servers.append(server())
        return servers[-1]

    listener = await asyncssh.listen(
        ADDRESS,
        0,
        server_factory=accepted,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(authorized) if authorized else None,
        **options,
    )
    try:
        yield listener.get_port()
    finally:
        listener.close()
        await listener.wait_closed()
        await asyncio.gather(*(each.end() for each in servers))
        await asyncio.sleep(0)  # in which the loop closes their sockets
