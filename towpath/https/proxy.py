"""A proxy that leads to a server by CONNECT (RFC 9110, section 9.3.6), itself perhaps behind TLS."""

import base64
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from towpath.https.message import BrokenMessageError, Head, Request

_PORTS = {"http": 80, "https": 443}
_UNFIT = "its proxy is not of the form http://HOST:PORT or https://HOST:PORT"


class ProxyRefusedError(ConnectionRefusedError):
    """A proxy did not let the connection through."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it is, and who we are to it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Read `http://USER:PASSWORD@HOST:PORT`, or `https://`. Raises BrokenMessageError, which does not quote it."""
        try:
            parts = urlsplit(url)
            usual = _PORTS[parts.scheme]
            port = parts.port or usual
        except (ValueError, KeyError):
            raise BrokenMessageError(_UNFIT) from None
        if not parts.hostname:
            raise BrokenMessageError(_UNFIT)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}" if parts.username else None
        return cls(parts.hostname, port, tls, basic)

    def request(self, host: str, port: int) -> Request:
        """Ask it for a way to a server."""
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers = {"Host": place, "User-Agent": "towpath"}
        if self.authorization:
            headers["Proxy-Authorization"] = self.authorization
        return Request("CONNECT", place, headers)


def check_led(head: Head) -> None:
    """Raise ProxyRefusedError unless a proxy answered that the way is free."""
    if not head.is_success:
        raise ProxyRefusedError(f"its proxy did not let the connection through, with status {head.status_code}")
