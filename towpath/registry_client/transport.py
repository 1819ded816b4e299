"""The border to httpx: one request out, one response in, and every failure of the network as one of our errors.

Below httpx's client, on its transports: no cookies, no redirects, no environment, no log lines with URLs in them. TLS
is verified on every path. Certificates are read once, when the transport is made.
"""

import asyncio
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from towpath.registry_client.certificate_failure import certificate_failure
from towpath.registry_client.endpoint import Endpoint, origin
from towpath.registry_client.errors import (
    ProtocolError,
    TimedOutError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.registry_client.lanes import Lanes
from towpath.registry_client.proxies import proxy_for

IDLE_SECONDS = 30.0
"""The longest silence between two pieces of an answer; a whole answer may take any time."""
CONNECT_SECONDS = 10.0
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked of a registry at once, and how long it may keep silent."""

    concurrency: int = 8
    connect_seconds: float = CONNECT_SECONDS
    idle_seconds: float = IDLE_SECONDS


class Transport:
    """Keep-alive connections to a registry and to the hosts it redirects to, straight or through a proxy each."""

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits,
        environment: Mapping[str, str] | None = None,
        replacement: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._environment = os.environ if environment is None else environment
        self._replacement = replacement
        self._tls = _tls_context(endpoint)
        timeout = httpx.Timeout(limits.idle_seconds, connect=limits.connect_seconds, pool=None)
        self._extensions = {"timeout": timeout.as_dict()}
        self._by_origin: dict[tuple[str, str, int | None], Lanes] = {}

    async def aclose(self) -> None:
        """Close every connection."""
        for lanes in self._by_origin.values():
            await lanes.aclose()
        if self._replacement is not None:
            await self._replacement.aclose()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, what: str
    ) -> httpx.Response:
        """Send, and return the response with its body still to be read; the caller closes it.

        Raises UnreachableError, UntrustedCertificateError, TimedOutError or ProtocolError.
        """
        with self.mapped(what, url):
            request = self._request(method, url, headers, content)
            response = await (await self._transport_to(url)).handle_async_request(request)
            response.request = request
            return response

    @contextmanager
    def mapped(self, what: str, url: str) -> Iterator[None]:
        """Turn what httpx raises while sending or reading into our errors."""
        try:
            yield
        except httpx.InvalidURL:
            raise self._error(ProtocolError, what, "an address in its answer cannot be read") from None
        except httpx.TimeoutException as error:
            finding = (
                f"{_place(url)} did not answer in time; check that it runs and that nothing in between drops packets"
            )
            raise self._error(TimedOutError, what, finding) from error
        except httpx.ProxyError as error:
            finding = f"the proxy did not let the connection to {_place(url)} through; check HTTPS_PROXY and NO_PROXY"
            raise self._error(UnreachableError, what, finding) from error
        except httpx.HTTPError as error:
            if certificate := certificate_failure(error):
                finding = f"the certificate of {_place(url)} does not hold: {certificate}; give the CA that signed it"
                raise self._error(UntrustedCertificateError, what, finding) from error
            finding = f"no answer from {_place(url)} ({_reason(error)}); check the address, and that the registry runs"
            raise self._error(UnreachableError, what, finding) from error

    def _error(
        self, kind: type[UnreachableError | TimedOutError | ProtocolError], what: str, finding: str
    ) -> Exception:
        return kind(self._endpoint.registry, what, finding)

    def _request(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> httpx.Request:
        extensions = dict(self._extensions)
        host = {}
        if self._endpoint.connect_to and self._endpoint.owns(url):
            parts = urlsplit(url)
            address, port = self._endpoint.connect_to
            host = {"Host": parts.netloc}
            extensions["sni_hostname"] = parts.hostname  # type: ignore[assignment]  # httpx types no extensions
            shown = f"[{address}]" if ":" in address else address
            url = parts._replace(netloc=f"{shown}:{port}").geturl()
        return httpx.Request(method, url, headers={**host, **headers}, content=content, extensions=extensions)

    async def _transport_to(self, url: str) -> httpx.AsyncBaseTransport:
        if self._replacement is not None:
            return self._replacement
        place = origin(url)
        if place not in self._by_origin:
            # Whether a name is private is asked of the resolver, which may take its time.
            proxy = await asyncio.to_thread(self._proxy_to, url)
            self._by_origin.setdefault(place, Lanes(lambda: self._lane(proxy)))
        return self._by_origin[place]

    def _lane(self, proxy: str | None) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=_ONE, proxy=httpx.Proxy(proxy) if proxy else None
        )

    def _proxy_to(self, url: str) -> str | None:
        if self._endpoint.connect_to and self._endpoint.owns(url):
            return None
        if self._endpoint.proxy:
            return self._endpoint.proxy
        if not self._endpoint.by_environment:
            return None
        _, host, port = origin(url)
        return proxy_for(host, port or 443, self._environment)


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


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
