"""One connection to a server, kept from request to request: bytes out, an answer in, its body as it comes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import cast

from towpath.https.message import BrokenMessageError, Exchange, Head, Request
from towpath.https.proxy import Proxy, check_led

_KEPT_SECONDS = 30.0
"""What was idle for longer is not used again: something in between may have forgotten it."""
_NEXT_ADDRESS_SECONDS = 0.25
"""After which the next address of a name is tried beside the first (RFC 8305)."""
_MOST_WAITING_BYTES = 1024 * 1024
"""Of a body that nobody takes; the server waits from there on."""
_WRITTEN_BYTES = 128 * 1024
"""Of a long content at once, so that TLS holds no second copy of it."""


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
    """How long it may keep silent while it owes an answer, and take nothing of what is sent."""
    proxy: Proxy | None = None


class Connection(asyncio.Protocol):
    """Opened by `connect`; one request at a time: `ask`, then its `pieces` to their end, then `finish`."""

    def __init__(self, idle_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle_seconds = idle_seconds
        self._closed = self._loop.create_future()
        self._transport: asyncio.Transport
        self._exchange: Exchange | None = None
        self._news: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._stays = True
        self._takes = True
        self._gives = True
        self._used = self._loop.time()

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._stays and self._loop.time() - self._used < _KEPT_SECONDS

    @property
    def certificate(self) -> bytes | None:
        """What the server showed, in DER; None without TLS."""
        tls = self._transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls else None

    async def ask(self, request: Request) -> Head:
        """Send a request and return how the answer begins; one that comes early ends the sending.

        Raises OSError, of which TimeoutError is a kind, or BrokenMessageError.
        """
        if self._failure:
            raise self._failure
        self._exchange = exchange = Exchange(request)
        try:
            await self._send(exchange)
            await self._until(lambda: exchange.head is not None)
        except BaseException:
            self.abort()
            raise
        assert exchange.head is not None  # noqa: S101 just waited for
        return exchange.head

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the answer's body as it comes. Raises as `ask` does."""
        exchange = self._exchange
        assert exchange is not None  # noqa: S101 whoever asked has not finished
        while True:
            await self._until(lambda: exchange.ended or exchange.waiting_bytes > 0)
            if not exchange.waiting_bytes:
                return
            piece = exchange.take()
            self._read_on()
            yield piece

    def finish(self) -> None:
        """Have done with the answer; one that is not whole ends the connection."""
        exchange, self._exchange = self._exchange, None
        self._used = self._loop.time()
        if exchange is None or not (self._stays and exchange.ended and exchange.reusable):
            self.abort()
        else:
            self._read_on()

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
        if self._exchange is None:
            self.abort()
            return
        self._feed(data)
        if self._exchange.waiting_bytes > _MOST_WAITING_BYTES and self._takes:
            self._takes = False
            self._transport.pause_reading()

    def eof_received(self) -> None:
        """Take it for the end of an answer that has no other, or for one that broke off."""
        self._stays = False
        self._feed(b"")

    def connection_lost(self, error: Exception | None) -> None:
        """Give up what is waited for."""
        self._fail(error or ConnectionResetError("the connection ended"))
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        """Wait with the rest of a long content."""
        self._gives = False

    def resume_writing(self) -> None:
        """Go on with it."""
        self._gives = True
        self._tell()

    async def _send(self, exchange: Exchange) -> None:
        head, content = exchange.sent
        if len(content) <= _WRITTEN_BYTES:
            self._transport.write(head + content)
            return
        self._transport.write(head)
        left = memoryview(content)
        while left and exchange.head is None:
            self._transport.write(left[:_WRITTEN_BYTES])
            left = left[_WRITTEN_BYTES:]
            await self._until(lambda: self._gives or exchange.head is not None)
        self._stays = self._stays and not left

    async def _until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            if self._failure:
                raise self._failure
            self._news = self._loop.create_future()
            async with asyncio.timeout(self._idle_seconds):
                await self._news

    def _feed(self, data: bytes) -> None:
        if self._exchange is None or self._exchange.ended:
            self._stays = False
            return
        try:
            self._exchange.read(data)
        except (BrokenMessageError, ConnectionError) as error:
            self._fail(error)
        self._tell()

    def _read_on(self) -> None:
        if not self._takes:
            self._takes = True
            self._transport.resume_reading()

    def _fail(self, error: Exception) -> None:
        self._stays = False
        self._failure = self._failure or error
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


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
            connection.finish()
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
