"""The border to the network: one request out, one whole answer in, every failure as one of our errors.

TLS is verified always. A private address is never reached through the environment's proxy, and NO_PROXY holds.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from towpath.cluster.errors import (
    ClusterError,
    ProtocolError,
    TimedOutError,
    UnreachableError,
    UntrustedCertificateError,
)
from towpath.cluster.kubeconfig import Context
from towpath.https.certificate_failure import certificate_failure
from towpath.https.connection import Dial
from towpath.https.connections import Connections
from towpath.https.message import Answer, BrokenMessageError, Request, UnsendableHeaderError
from towpath.https.proxies import proxy_for
from towpath.https.proxy import Proxy, ProxyRefusedError
from towpath.https.target import escaped_path


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
        self._environment = environment
        self._connect_to = connect_to
        self._connections: Connections | None = None
        parts = urlsplit(context.server)
        self._headers = {"Host": parts.netloc, "User-Agent": "towpath"}
        self._path = escaped_path(parts.path)
        host, port = connect_to or (context.host, context.port)
        name = str(context.cluster.get("tls-server-name") or context.host)
        self._dial = Dial(host, port, name, tls, limits.connect_seconds, limits.idle_seconds)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._connections is not None:
            await self._connections.aclose()

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, step: str
    ) -> Answer:
        """Send, and return the answer, read whole. Raises UnreachableError, TimedOutError or ProtocolError."""
        with self._mapped(step):
            connections = self._connections or await self._opened()
            return await connections.ask(
                Request(method, f"{self._path}{target}", {**self._headers, **headers}, content)
            )

    async def _opened(self) -> Connections:
        # Whether a name is private is asked of the resolver, which may take its time.
        url = await asyncio.to_thread(self._proxy)
        dial = replace(self._dial, proxy=Proxy.of(url)) if url else self._dial
        self._connections = self._connections or Connections(dial)
        return self._connections

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
        except UnsendableHeaderError as error:
            raise self._error(ProtocolError, step, f"{error}; correct user and token of the kubeconfig") from error
        except BrokenMessageError as error:
            raise self._error(ProtocolError, step, str(error)) from error
        except UnicodeError:
            # The error itself holds the name.
            raise self._error(UnreachableError, step, "its name is no host's; correct cluster.server") from None
        except TimeoutError as error:
            raise self._error(
                TimedOutError, step, "no answer in time; check that it runs and that nothing in between drops packets"
            ) from error
        except ProxyRefusedError as error:
            way_out = "look at HTTPS_PROXY, NO_PROXY and the kubeconfig's proxy-url"
            raise self._error(UnreachableError, step, f"no answer ({error}; {way_out})") from error
        except OSError as error:
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
