"""What each node is to be told, from the stack's settings."""

import dataclasses
from collections.abc import Mapping

from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import Mirror, PrivateRegistry, Upstream, endpoint
from towpath.nodes.wish import NodeWish, RegistryLogin
from towpath.settings.nodes import Node, NodeSetup
from towpath.settings.settings import Settings
from towpath.settings.validators import is_address

Logins = Mapping[str, Mapping[str, str]]
"""Host as in image references → `{"username", "password"}`."""
_UNKNOWN = {"username": "unknown", "password": "unknown until up"}


def node_wish(settings: Settings, name: str, ca_pem: str, logins: Logins | None = None) -> NodeWish:
    """Return the wish for one node. `ca_pem` signed the certificates of our own registry and its caches.

    `logins` are for nodes with a credential provider: whoever does not know them gets the wish with placeholders.

    Raises NodeError for values that no runtime can carry.
    """
    node = settings.nodes.members[name]
    setup = settings.nodes.setup_of(node)
    wish = NodeWish(
        proxy=node_proxy(settings, node, setup),
        registries=(_own_registry(settings, name, ca_pem),) if settings.has_registry else (),
        upstreams=_upstreams(settings, ca_pem),
        insecure_registries=setup.insecure_registries or (),
        runtimes=None if setup.runtimes is None else frozenset(setup.runtimes),
        trust_os=settings.trust.os,
        trust_docker=settings.trust.docker,
        trust_containerd=settings.trust.containerd,
        live_restore=setup.live_restore,
        docker_proxy=setup.docker_proxy or "drop-in",
        logins=_logins(settings, setup, logins or {}),
        logins_apart=settings.logins_apart,
    )
    return wish if setup.proxied is None else dataclasses.replace(wish, proxied=frozenset(setup.proxied))


def login_hosts(settings: Settings) -> list[str]:
    """List the registries that a credential provider logs in to, ours first."""
    return [*([settings.registry_endpoint] if settings.has_registry else []), *settings.external_registries]


def _logins(settings: Settings, setup: NodeSetup, logins: Logins) -> tuple[RegistryLogin, ...]:
    if not setup.credential_provider:
        return ()
    found = {host: logins.get(host, _UNKNOWN) for host in login_hosts(settings)}
    return tuple(RegistryLogin(host, login["username"], login["password"]) for host, login in found.items())


def node_proxy(settings: Settings, node: Node, setup: NodeSetup) -> Proxy | None:
    """Return a node's proxy with its whole NO_PROXY, or None where it has none."""
    written = settings.proxy
    if written is None or setup.proxy is False:
        return None
    http, https = written.http, written.https or written.http
    around = written.surroundings((*_own_hosts(settings), node.address))
    return Proxy.of(
        http.get_secret_value() if http else None,
        https.get_secret_value() if https else None,
        written.no_proxy,
        around,
    )


def _own_registry(settings: Settings, node: str, ca_pem: str) -> PrivateRegistry:
    host, address = settings.registry_host, settings.registry_address(node)
    known = settings.registry.hosts_entry and not is_address(host) and address is not None and is_address(address)
    return PrivateRegistry(host, settings.registry_port, ca_pem, address=address if known else None)


def _own_hosts(settings: Settings) -> tuple[str, ...]:
    registry = (settings.registry_host,) if settings.has_registry else ()
    return (*registry, settings.cache_host) if settings.registry.caches else registry


def _upstreams(settings: Settings, ca_pem: str) -> tuple[Upstream, ...]:
    """Join the mirrors of the settings with our own caches, which are tried first."""
    written, caches = settings.nodes.upstreams, settings.registry.caches
    found = []
    for host in dict.fromkeys([*caches, *written]):
        mirrors = []
        if host in caches:
            mirrors.append(Mirror(f"https://{endpoint(settings.cache_host, caches[host].port)}", ca_pem))
        if host in written:
            mirrors += [Mirror(each.url, each.ca_pem, each.skip_verify) for each in written[host].mirrors]
        own = written.get(host)
        found.append(Upstream(host, tuple(mirrors), own.fallback if own else True, own.ca_pem if own else None))
    return tuple(found)
