"""Registries as nodes see them: private ones, and upstreams with their mirrors."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from towpath.nodes.errors import NodeError

_PORTS = 65535
_HTTPS_PORT = 443
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def endpoint(host: str, port: int) -> str:
    """Write host and port as in image references, e.g. `10.0.0.5:6000`; the port of HTTPS is left out there.

    An IPv6 address gets the brackets of RFC 3986.
    """
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port == _HTTPS_PORT else f"{bracketed}:{port}"


@dataclass(frozen=True)
class PrivateRegistry:
    """A registry whose certificate or name needs something of a node: ours, or an upstream behind a CA of its own."""

    host: str
    """Name or address, without port and brackets."""
    port: int
    ca_pem: str | None = None
    """What signed its certificate; None: a CA that everybody trusts."""
    insecure: bool = False
    """Leave certificates unchecked, or speak plain HTTP."""
    address: str | None = None
    """Address of a host that no DNS knows: it becomes an entry of /etc/hosts."""

    @property
    def endpoint(self) -> str:
        """As it stands in image references."""
        return endpoint(self.host, self.port)


@dataclass(frozen=True)
class Mirror:
    """A place where an upstream's images can be had, e.g. a pull-through cache."""

    url: str
    """`https://host[:port][/path]`; http means without TLS."""
    ca_pem: str | None = None
    skip_verify: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no such URL."""
        parts = urlsplit(self.url)
        try:
            port = parts.port or 1
        except ValueError:
            port = 0
        sound = parts.scheme in {"http", "https"} and parts.hostname and _is_host(parts.hostname) and port
        if not sound or parts.query or parts.fragment or parts.username or re.search(r"[\s\"'\\<>]", self.url):
            raise NodeError(f"{self.url!r} is no mirror's URL; write https://host[:port][/path], without credentials")

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """What follows the host, without slashes around it; empty for most."""
        return urlsplit(self.url).path.strip("/")

    @property
    def api_url(self) -> str:
        """The URL with the API's own first part before a path, as containerd's override_path wants it."""
        url = self.url.rstrip("/")
        if not self.path or self.path.split("/")[0] == "v2":
            return url
        return f"{url.removesuffix(self.path)}v2/{self.path}"

    @property
    def plain(self) -> bool:
        """Whether nothing proves who answers."""
        return self.skip_verify or self.url.startswith("http:")


@dataclass(frozen=True)
class Upstream:
    """A registry whose images are taken from mirrors, in their order, and then from itself if `fallback`.

    Without mirrors its images are taken from itself, and `ca_pem` says whom to trust there.
    """

    host: str
    """As it stands in image references: `docker.io`, `quay.io`, `registry.example.com:5000`."""
    mirrors: tuple[Mirror, ...] = ()
    fallback: bool = True
    ca_pem: str | None = None
    """What signed its own certificate; None: a CA that everybody trusts."""

    def __post_init__(self) -> None:
        """Refuse a host with a scheme or a path, and an upstream of which nothing is said."""
        check_endpoint(self.host)
        if not self.mirrors and not (self.ca_pem and self.fallback):
            raise NodeError(f"{self.host} has no mirror; name one, give a ca_pem of its own, or leave the host out")


def check_endpoint(host: str) -> str:
    """Return a registry's host (and port) as it stands in image references. Raises NodeError for what is none."""
    if not _is_endpoint(host):
        raise NodeError(f"{host!r} is no registry's host; write it as in image references, e.g. docker.io")
    return host


def check_unverified(text: str) -> str:
    """Return what Docker's insecure-registries takes: a host, perhaps with a port, or a CIDR. Raises NodeError."""
    try:
        return str(ipaddress.ip_interface(text)) if "/" in text else check_endpoint(text)
    except ValueError:
        raise NodeError(f"{text!r} is neither host[:port] nor a CIDR; leave out scheme and path") from None


def _is_endpoint(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    if not colon:
        return _is_host(text)
    return _is_host(host.removeprefix("[").removesuffix("]")) and port.isdigit() and 1 <= int(port) <= _PORTS


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_NAME.fullmatch(host)) and ".." not in host
    return True
