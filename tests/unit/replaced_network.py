"""An httpx transport in place of the network: for registries that a test makes up."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import cast

import httpx

from towpath.https.message import BrokenMessageError, Head, Headers, Request
from towpath.https.proxy import ProxyRefusedError


class ReplacedNetwork:
    """Sends to the transport, and fails as a network does where that raises what httpx raises."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def open(self, url: str, request: Request) -> "Replaced":
        with _as_a_network_fails():
            sent = httpx.Request(request.method, url, headers=request.headers, content=request.content)
            return Replaced(await self._transport.handle_async_request(sent))

    async def aclose(self) -> None:
        await self._transport.aclose()


class Replaced:
    """An answer of such a transport."""

    certificate = None

    def __init__(self, response: httpx.Response) -> None:
        self.head = Head(response.status_code, Headers(response.headers.multi_items()))
        self._stream = cast("httpx.AsyncByteStream", response.stream)

    async def pieces(self) -> AsyncIterator[bytes]:
        with _as_a_network_fails():
            async for piece in self._stream:
                yield piece

    def close(self) -> None:
        """Nothing is held."""


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
