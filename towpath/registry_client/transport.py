"""The border to the network: one request out, one response in, and every failure as one of our errors.

No cookies, no redirects, no log lines with URLs in them. TLS is verified on every path. Certificates are read once,
when the transport is made.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from towpath.https.certificate_failure import certificate_failure
from towpath.https.connection import Dial
from towpath.https.connections import Connections, Response
from towpath.https.message import BrokenMessageError, Request, UnsendableHeaderError
from towpath.https.proxies import proxy_for
from towpath.https.proxy import Proxy, ProxyRefusedError
from towpath.https.target import target_of
from towpath.registry_client.endpoint import Endpoint, origin
from towpath.registry_client.errors import (
    ProtocolError,
    TimedOutError,
    UnreachableError,
    UntrustedCertificateError,
)

IDLE_SECONDS = 30.0
"""The longest silence between two pieces of an answer; a whole answer may take any time."""
CONNECT_SECONDS = 10.0
_HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked of a registry at once, and how long it may keep silent."""

    concurrency: int = 8
    connect_seconds: float = CONNECT_SECONDS
    idle_seconds: float = IDLE_SECONDS


class Network(Protocol):
    """What requests are sent through."""

    async def open(self, url: str, request: Request) -> Response:
        """Send a request and return its answer. Raises OSError, TimeoutError or BrokenMessageError."""

    async def aclose(self) -> None:
        """Close every connection."""


class Transport:
    """Sends to a registry and to the hosts it redirects to."""

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits,
        environment: Mapping[str, str] | None = None,
        replacement: Network | None = None,
    ) -> None:
        self._endpoint = endpoint
        variables = os.environ if environment is None else environment
        self._network = replacement or _Internet(endpoint, limits, variables, _tls_context(endpoint))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._network.aclose()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, what: str
    ) -> Response:
        """Send, and return the response with its body still to be read; the caller closes it.

        Raises UnreachableError, UntrustedCertificateError, TimedOutError or ProtocolError.
        """
        with self._mapped(what, url):
            return await self._network.open(url, request_for(method, url, headers, content))

    async def pieces(self, response: Response, url: str, what: str) -> AsyncIterator[bytes]:
        """Give a response's body as it comes. Raises as `send` does."""
        with self._mapped(what, url):
            async for piece in response.pieces():
                yield piece

    @contextmanager
    def _mapped(self, what: str, url: str) -> Iterator[None]:
        try:
            yield
        except UnsendableHeaderError as error:
            raise self._error(ProtocolError, what, f"{error}; look at what its token server gives out") from error
        except TimeoutError as error:
            finding = (
                f"{_place(url)} did not answer in time; check that it runs and that nothing in between drops packets"
            )
            raise self._error(TimedOutError, what, finding) from error
        except ProxyRefusedError as error:
            finding = f"the proxy did not let the connection to {_place(url)} through; check HTTPS_PROXY and NO_PROXY"
            raise self._error(UnreachableError, what, finding) from error
        except (OSError, BrokenMessageError) as error:
            if certificate := certificate_failure(error):
                finding = f"the certificate of {_place(url)} does not hold: {certificate}; give the CA that signed it"
                raise self._error(UntrustedCertificateError, what, finding) from error
            finding = f"no answer from {_place(url)} ({_reason(error)}); check the address, and that the registry runs"
            raise self._error(UnreachableError, what, finding) from error
        except ValueError:  # the last: a certificate that does not hold is one as well
            raise self._error(ProtocolError, what, "an address in its answer cannot be read") from None

    def _error(
        self, kind: type[UnreachableError | TimedOutError | ProtocolError], what: str, finding: str
    ) -> Exception:
        return kind(self._endpoint.registry, what, finding)


class _Internet:
    """Keep-alive connections to each host, straight or through a proxy."""

    def __init__(self, endpoint: Endpoint, limits: Limits, environment: Mapping[str, str], tls: ssl.SSLContext) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._environment = environment
        self._tls = tls
        self._by_origin: dict[tuple[str, str, int | None], Connections] = {}

    async def open(self, url: str, request: Request) -> Response:
        return await (await self._connections_to(url)).open(request)

    async def aclose(self) -> None:
        for connections in self._by_origin.values():
            await connections.aclose()

    async def _connections_to(self, url: str) -> Connections:
        place = origin(url)
        if place not in self._by_origin:
            # Whether a name is private is asked of the resolver, which may take its time.
            proxy = await asyncio.to_thread(self._proxy_to, url)
            self._by_origin.setdefault(place, Connections(self._dial(url, proxy)))
        return self._by_origin[place]

    def _dial(self, url: str, proxy: str | None) -> Dial:
        _, name, port = origin(url)
        host, port = self._own_address(url) or (name, port or _HTTPS_PORT)
        limits = self._limits
        return Dial(
            host, port, name, self._tls, limits.connect_seconds, limits.idle_seconds, Proxy.of(proxy) if proxy else None
        )

    def _own_address(self, url: str) -> tuple[str, int] | None:
        return self._endpoint.connect_to if self._endpoint.owns(url) else None

    def _proxy_to(self, url: str) -> str | None:
        if self._own_address(url):
            return None
        if self._endpoint.proxy:
            return self._endpoint.proxy
        if not self._endpoint.by_environment:
            return None
        _, host, port = origin(url)
        return proxy_for(host, port or _HTTPS_PORT, self._environment)


def request_for(method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Request:
    """Return the request for a URL, without the user that may stand in it."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    return Request(method, target_of(url), {"Host": host, **headers}, content)


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=endpoint.ca_pem)
    except ssl.SSLError:
        finding = "what was given as CA holds no readable PEM certificate; it begins with -----BEGIN CERTIFICATE-----"
        raise UntrustedCertificateError(endpoint.registry, "reading its CA", finding) from None


def _place(url: str) -> str:
    """Name a URL without path, query and user, any of which may hold a signature or a password."""
    _, host, port = origin(url)
    return f"{host}:{port}"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
