"""An httpx transport in place of the network: for registries that a test makes up."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import cast

import httpx

from towpath.https.message import BrokenMessageError, Head, Headers, Request
from towpath.https.proxy import ProxyRefusedError


class ReplacedNetwork:
    """Sends to the transport, and fails as a network does where that raises what httpx raises.

    Whoever does not close an answer, and so keeps its connection, fails the test at its end.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._open: set[Replaced] = set()

    async def open(self, url: str, request: Request) -> "Replaced":
        with _as_a_network_fails():
            sent = httpx.Request(request.method, url, headers=request.headers, content=request.content)
            replaced = Replaced(await self._transport.handle_async_request(sent), self._open.discard)
        self._open.add(replaced)
        return replaced

    async def aclose(self) -> None:
        await self._transport.aclose()
        assert not self._open, "not every answer was closed"


class Replaced:
    """An answer of such a transport."""

    certificate = None

    def __init__(self, response: httpx.Response, closed: "Callable[[Replaced], None]") -> None:
        self._closed = closed
        self.head = Head(response.status_code, Headers(response.headers.multi_items()))
        self._stream = cast("httpx.AsyncByteStream", response.stream)

    async def pieces(self) -> AsyncIterator[bytes]:
        with _as_a_network_fails():
            async for piece in self._stream:
                yield piece

    def close(self) -> None:
        self._closed(self)


@contextmanager
def _as_a_network_fails() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise TimeoutError(str(error)) from error
    except httpx.ProxyError as error:
        raise ProxyRefusedError(str(error)) from error
    except httpx.RemoteProtocolError as error:
        raise BrokenMessageError(str(error)) from error
    except httpx.HTTPError as error:
        raise ConnectionResetError(str(error)) from error
