"""The ways from a node to its images, beside its runtimes: to mirrors, and to upstreams through the proxy."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from towpath.doctor.questions import HttpProxy
from towpath.https.proxies import excluded
from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import Mirror, Upstream
from towpath.nodes.wish import NodeWish

_HTTPS_PORT = 443
_HTTP_PORT = 80
_DOCKER_HUB = "registry-1.docker.io"
_SERVERS = {"docker.io": _DOCKER_HUB}


@dataclass(frozen=True)
class Way:
    """One way. `host` and `port` are the server's; `proxied`: by the wish, it leads through the proxy."""

    id: str
    check: str
    host: str
    port: int
    setting: str = ""
    """The setting that holds its CA."""
    ca_pem: str | None = None
    verified: bool = True
    proxied: bool = False
    plain: bool = False
    """Plain HTTP, which is not asked."""


def ways(wish: NodeWish) -> tuple[Way, ...]:
    """List a node's ways. Where a proxy has no upstream behind it, one leads to Docker Hub, to try the proxy."""
    found: list[Way] = []
    for number, upstream in enumerate(wish.upstreams):
        if upstream.fallback:
            found.append(_upstream_way(number, upstream, wish.proxy))
        found += [_mirror_way(f"{number}-{each}", upstream, mirror, wish.proxy) for each, mirror in _mirrors(upstream)]
    if wish.proxy and not any(way.proxied for way in found):
        found.append(Way("proxy", "", _DOCKER_HUB, _HTTPS_PORT, proxied=True))
    return tuple(found)


def http_proxy(proxy: Proxy | None) -> HttpProxy | None:
    """Return the proxy for TLS if it is one that openssl can go through; see `proxy_scheme`."""
    if proxy is None or proxy_scheme(proxy) != "http":
        return None
    parts = urlsplit(proxy.https or "")
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password or "") if user is not None else None
    return HttpProxy(parts.hostname or "", parts.port or _HTTP_PORT, user, password)


def proxy_scheme(proxy: Proxy) -> str:
    """Return the scheme of the proxy for TLS; empty if there is none."""
    return urlsplit(proxy.https or "").scheme


def _mirrors(upstream: Upstream) -> list[tuple[int, Mirror]]:
    return list(enumerate(upstream.mirrors))


def _upstream_way(number: int, upstream: Upstream, proxy: Proxy | None) -> Way:
    host, port = _place(_SERVERS.get(upstream.host, upstream.host), _HTTPS_PORT)
    return Way(
        f"upstream-{number}",
        f"upstream {upstream.host}",
        host,
        port,
        f"towpath:nodes.upstreams[{upstream.host}].ca_pem",
        upstream.ca_pem,
        proxied=_is_proxied(proxy, host, port),
    )


def _mirror_way(suffix: str, upstream: Upstream, mirror: Mirror, proxy: Proxy | None) -> Way:
    plain = mirror.url.startswith("http:")
    host, port = _place(mirror.endpoint, _HTTP_PORT if plain else _HTTPS_PORT)
    return Way(
        f"mirror-{suffix}",
        f"mirror {mirror.endpoint} of {upstream.host}",
        host,
        port,
        f"ca_pem of the mirror in towpath:nodes.upstreams[{upstream.host}]",
        mirror.ca_pem,
        verified=not mirror.skip_verify,
        proxied=_is_proxied(proxy, host, port),
        plain=plain,
    )


def _is_proxied(proxy: Proxy | None, host: str, port: int) -> bool:
    return proxy is not None and bool(proxy.https) and not excluded(host, port, ",".join(proxy.no_proxy))


def _place(endpoint: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{endpoint}")
    return parts.hostname or endpoint, parts.port or default_port
