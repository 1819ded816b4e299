"""How an upstream registry is reached, and as whom; as a value that a state can keep as a secret."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from towpath.external.login import obtain
from towpath.https.proxies import excluded
from towpath.images.mirror.source import UpstreamSource
from towpath.nodes.no_proxy import complete_no_proxy
from towpath.nodes.proxy_url import proxy_url
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits
from towpath.settings.mirror import MirrorImage
from towpath.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class UpstreamWay:
    """A registry, what to trust, the proxy, and the account, if any."""

    registry: str
    ca_pem: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    by_environment: bool = True
    """Without `proxy`: whether this program's environment names one; else it is straight."""

    def session(self, limits: Limits | None = None) -> RegistrySession:
        """Make a session. Raises UntrustedCertificateError for a CA that cannot be read."""
        login = Credentials(self.username, self.password or "") if self.username else None
        endpoint = Endpoint(self.registry, self.ca_pem, proxy=self.proxy, by_environment=self.by_environment)
        return RegistrySession(endpoint, login, limits=limits)

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        return {
            "registry": self.registry,
            "ca_pem": self.ca_pem,
            "username": self.username,
            "password": self.password,
            "proxy": self.proxy,
            "by_environment": self.by_environment,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make it again."""
        return cls(**{key: record.get(key) for key in cls.__slots__ if key in record})  # type: ignore[arg-type]


def upstream_ways(settings: Settings) -> dict[str, UpstreamWay]:
    """Return the way to each upstream of the images that are copied in, by its host.

    Raises ExternalLoginError where a command gives no login.
    """
    by_host: dict[str, list[MirrorImage]] = {}
    for image in settings.images.mirror:
        origin = image.origin
        if isinstance(origin, UpstreamSource):
            by_host.setdefault(origin.reference.registry, []).append(image)
    return {host: _way(settings, host, images) for host, images in sorted(by_host.items())}


def _way(settings: Settings, host: str, images: Iterable[MirrorImage]) -> UpstreamWay:
    images = list(images)
    login = _login(settings, host, images)
    trusted = settings.nodes.upstreams.get(host)
    ca_pem = next((i.ca_pem for i in images if i.ca_pem), trusted.ca_pem if trusted else None)
    proxy, by_environment = _proxy(settings, host, images[0].proxy)
    return UpstreamWay(
        registry=host,
        ca_pem=ca_pem,
        username=login.username if login else None,
        password=login.password if login else None,
        proxy=proxy,
        by_environment=by_environment,
    )


def _login(settings: Settings, host: str, images: Iterable[MirrorImage]) -> Credentials | None:
    """Return the account of an image, else the one that external_registries has.

    Its command runs here, in a preview too: upstreams are asked while the program runs, and the state's token may have
    ended, or not be there yet.
    """
    for image in images:
        if image.username and image.password:
            return Credentials(image.username, image.password.get_secret_value())
    shared = settings.external_registries.get(host)
    if shared is None:
        return None
    if shared.password:
        return Credentials(shared.user or "", shared.password.get_secret_value())
    got = obtain(
        {
            "host": host,
            "command": list(shared.command_for(host) or ()),
            "answer": shared.spoken,
            "username_given": shared.user,
            "lifetime_minutes": shared.token_minutes,
            "timeout_seconds": shared.timeout_seconds,
        }
    )
    return Credentials(got["username"], got["password"])


def _proxy(settings: Settings, host: str, kind: str) -> tuple[str | None, bool]:
    written = settings.proxy
    if kind == "environment" or (kind == "stack" and written is None):
        return None, True
    if kind == "none" or written is None:
        return None, False
    url = written.https or written.http
    name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdecimal() else (host, "", "443")
    no_proxy = complete_no_proxy(written.no_proxy, written.surroundings((settings.registry_host,)))
    if url is None or excluded(name.strip("[]"), int(port), ",".join(no_proxy)):
        return None, False
    return proxy_url(url.get_secret_value()), False
