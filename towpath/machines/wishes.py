"""What each node is to be told, from the stack's settings."""

import dataclasses

from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import Mirror, PrivateRegistry, Upstream, endpoint
from towpath.nodes.wish import NodeWish
from towpath.settings.nodes import Node, NodeSetup
from towpath.settings.settings import Settings
from towpath.settings.validators import is_address


def node_wish(settings: Settings, name: str, ca_pem: str) -> NodeWish:
    """Return the wish for one node. `ca_pem` signed the certificates of our own registry and its caches.

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
    )
    return wish if setup.proxied is None else dataclasses.replace(wish, proxied=frozenset(setup.proxied))


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
