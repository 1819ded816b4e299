"""The border to httpx: one request out, one whole answer in, every failure of the network as one of our errors.

TLS is verified always. A private address is never reached through the environment's proxy, and NO_PROXY holds.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from towpath.cluster.errors import (
    ClusterError,
    ProtocolError,
    TimedOutError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.cluster.kubeconfig import Context
from towpath.registry_client.certificate_failure import certificate_failure
from towpath.registry_client.lanes import Lanes
from towpath.registry_client.proxies import proxy_for

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked at once, and how long the server may keep silent."""

    concurrency: int = 16
    connect_seconds: float = 10.0
    idle_seconds: float = 60.0


class Transport:
    """Keep-alive connections to one API server."""

    def __init__(
        self,
        context: Context,
        tls: ssl.SSLContext,
        limits: Limits,
        environment: Mapping[str, str],
        connect_to: tuple[str, int] | None = None,
    ) -> None:
        self._context = context
        self._tls = tls
        self._environment = environment
        self._connect_to = connect_to
        self._lanes: Lanes | None = None
        timeout = httpx.Timeout(limits.idle_seconds, connect=limits.connect_seconds, pool=None)
        name = str(context.cluster.get("tls-server-name") or context.host)
        self._extensions = {"timeout": timeout.as_dict(), "sni_hostname": name}
        parts = urlsplit(context.server)
        self._headers = {"Host": parts.netloc, "User-Agent": "towpath"}
        place = parts.netloc if connect_to is None else f"{connect_to[0]}:{connect_to[1]}"
        self._base = parts._replace(netloc=place).geturl()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._lanes is not None:
            await self._lanes.aclose()

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, step: str
    ) -> httpx.Response:
        """Send, and return the answer, read whole. Raises UnreachableError, TimedOutError or ProtocolError."""
        request = httpx.Request(
            method,
            f"{self._base}{target}",
            headers={**self._headers, **headers},
            content=content,
            extensions=dict(self._extensions),
        )
        with self._mapped(step):
            response = await (await self._opened()).handle_async_request(request)
            response.request = request
            try:
                await response.aread()
            finally:
                await response.aclose()
            return response

    async def _opened(self) -> Lanes:
        if self._lanes is None:
            # Whether a name is private is asked of the resolver, which may take its time.
            proxy = await asyncio.to_thread(self._proxy)
            self._lanes = self._lanes or Lanes(lambda: self._lane(proxy))
        return self._lanes

    def _lane(self, proxy: str | None) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=_ONE, proxy=httpx.Proxy(proxy) if proxy else None
        )

    def _proxy(self) -> str | None:
        if self._connect_to is not None:
            return None
        if own := self._context.cluster.get("proxy-url"):
            return str(own)
        return proxy_for(self._context.host, self._context.port, self._environment)

    @contextmanager
    def _mapped(self, step: str) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise self._error(
                TimedOutError, step, "no answer in time; check that it runs and that nothing in between drops packets"
            ) from error
        except httpx.ProxyError as error:
            raise self._error(
                UnreachableError, step, "the proxy did not let the connection through; check HTTPS_PROXY and NO_PROXY"
            ) from error
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise self._error(ProtocolError, step, "its answer cannot be read") from error
        except httpx.HTTPError as error:
            if why := certificate_failure(error):
                raise self._error(
                    UntrustedCertificateError,
                    step,
                    f"its certificate does not hold: {why}; correct certificate-authority-data or tls-server-name",
                ) from error
            reason = str(error) or type(error).__name__
            raise self._error(
                UnreachableError, step, f"no answer ({reason}); check the address, and that the API server runs"
            ) from error

    def _error(self, kind: type[ClusterError], step: str, finding: str) -> ClusterError:
        return kind(self._context.server, step, finding)
