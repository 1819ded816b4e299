"""One connection to an API server, kept from request to request: bytes out, whole answers in."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import cast

from towpath.cluster.message import Answer, BrokenMessageError, Exchange, Request
from towpath.cluster.proxy import Proxy, check_led

_KEPT_SECONDS = 30.0
"""What was idle for longer is not used again: something in between may have forgotten it."""
_NEXT_ADDRESS_SECONDS = 0.25
"""After which the next address of a name is tried beside the first (RFC 8305)."""


@dataclass(frozen=True, slots=True)
class Dial:
    """How a server is reached."""

    host: str
    port: int
    name: str
    """What its certificate must name."""
    tls: ssl.SSLContext = field(repr=False)
    connect_seconds: float
    idle_seconds: float
    """How long it may keep silent while it owes an answer."""
    proxy: Proxy | None = None


class Connection(asyncio.Protocol):
    """Opened by `connect`; one request at a time."""

    def __init__(self, idle_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle_seconds = idle_seconds
        self._closed = self._loop.create_future()
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[Answer] | None = None
        self._exchange: Exchange | None = None
        self._patience: asyncio.Timeout
        self._stays = True
        self._used = self._loop.time()

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._stays and self._loop.time() - self._used < _KEPT_SECONDS

    async def ask(self, request: Request) -> Answer:
        """Send a request and return what is answered.

        Raises OSError, of which TimeoutError is a kind, or BrokenMessageError.
        """
        if self._closed.done():
            raise ConnectionResetError("the connection ended")
        self._exchange = exchange = Exchange(request)
        self._answer = self._loop.create_future()
        try:
            async with asyncio.timeout(self._idle_seconds) as self._patience:
                self._transport.write(exchange.sent)
                return await self._answer
        except BaseException:
            self.abort()
            raise
        finally:
            self._answer = self._exchange = None
            self._used = self._loop.time()

    async def secure(self, tls: ssl.SSLContext, name: str) -> None:
        """Go on inside TLS, with a server of that name. Raises OSError."""
        try:
            inside = await self._loop.start_tls(self._transport, self, tls, server_hostname=name)
        except (AttributeError, TypeError) as error:
            # TLS inside TLS, of which the handshake failed: some releases of Python trip over it.
            raise ConnectionResetError("the connection ended before TLS began") from error
        if inside is None:
            raise ConnectionResetError("the connection ended before TLS began")
        self._transport = inside

    def abort(self) -> asyncio.Future[None]:
        """Close at once: each answer said itself where it ends, so nobody has to wait for a farewell.

        Returns what is done once it is closed; in the middle of a handshake that is never.
        """
        self._stays = False
        self._transport.abort()
        return self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the way out."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on; what nobody asked for must not be taken for the answer to what is asked next."""
        if self._answer is None or self._answer.done():
            self.abort()
            return
        self._patience.reschedule(self._loop.time() + self._idle_seconds)
        self._feed(data)

    def eof_received(self) -> None:
        """Take it for the end of an answer that has no other, or for one that broke off."""
        self._stays = False
        self._feed(b"")

    def connection_lost(self, error: Exception | None) -> None:
        """Give up what is waited for."""
        self._stays = False
        self._fail(error or ConnectionResetError("the connection ended"))
        if not self._closed.done():
            self._closed.set_result(None)

    def _feed(self, data: bytes) -> None:
        if self._exchange is None or self._answer is None or self._answer.done():
            return
        try:
            answer = self._exchange.read(data)
        except (BrokenMessageError, ConnectionError) as error:
            self._fail(error)
            return
        if answer is not None:
            self._stays = self._stays and self._exchange.reusable
            self._answer.set_result(answer)

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


async def connect(dial: Dial) -> Connection:
    """Open a connection, through a proxy where there is one.

    Raises OSError, of which TimeoutError and TLS's errors are kinds, or BrokenMessageError.
    """
    async with asyncio.timeout(dial.connect_seconds):
        if dial.proxy is None:
            return await _opened(dial.host, dial.port, dial.tls, dial.name, dial.idle_seconds)
        proxy = dial.proxy
        connection = await _opened(proxy.host, proxy.port, proxy.tls, proxy.host, dial.idle_seconds)
        try:
            check_led(await connection.ask(proxy.request(dial.host, dial.port)))
            await connection.secure(dial.tls, dial.name)
        except BaseException:
            connection.abort()  # and nothing is awaited: the time for all of this may be over
            raise
        return connection


async def _opened(host: str, port: int, tls: ssl.SSLContext | None, name: str, idle_seconds: float) -> Connection:
    _, made = await asyncio.get_running_loop().create_connection(
        lambda: Connection(idle_seconds),
        host,
        port,
        ssl=tls,
        server_hostname=name if tls else None,
        happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
    )
    return made
