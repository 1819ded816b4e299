"""The list of destinations that are reached without the proxy, in the form that Go programs read.

Source: golang.org/x/net/http/httpproxy, Config.NoProxy: addresses, CIDRs, `host` (and what lies below it), `.host`
(only what lies below it), each with a port if wanted, or `*`. Globs are not known there.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from towpath.nodes.errors import NodeError

_NAME = re.compile(
    r"\.?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*(:\d{1,5})?"
)
_ALWAYS = ("localhost", "127.0.0.0/8", "::1")


@dataclass(frozen=True)
class Surroundings:
    """What lies on this side of the proxy. CIDRs rather than single nodes, so that a new node changes nothing."""

    node_cidrs: tuple[str, ...] = ()
    service_cidrs: tuple[str, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    cluster_domain: str | None = "cluster.local"
    """None where there is no cluster."""
    hosts: tuple[str, ...] = ()
    """Further names and addresses: the registry's, the API server's."""


def complete_no_proxy(wanted: Iterable[str], surroundings: Surroundings) -> tuple[str, ...]:
    """Return the whole list, without repeats, in a fixed order: the fixed part, the surroundings, then what is wanted.

    Raises NodeError for an item that the runtimes would not understand.
    """
    domain = surroundings.cluster_domain
    items = (
        *_ALWAYS,
        *surroundings.node_cidrs,
        *surroundings.service_cidrs,
        *surroundings.pod_cidrs,
        *((".svc", f".{domain.strip('.')}") if domain else ()),
        *surroundings.hosts,
        *wanted,
    )
    return tuple(dict.fromkeys(_item(item) for item in items))


def _item(written: str) -> str:
    item = written.strip()
    if item == "*" or _is_network(item):
        return item
    if item.startswith("*."):
        raise NodeError(f"no_proxy has {item!r}; globs are not understood, write {item[1:]!r}")
    if not _NAME.fullmatch(item):
        raise NodeError(
            f"no_proxy has {item!r}, which is no name, address or CIDR; write e.g. .example.com or 10.0.0.0/8, "
            "each as an item of its own"
        )
    return item


def _is_network(item: str) -> bool:
    try:
        ipaddress.ip_network(item, strict=False)
    except ValueError:
        return False
    return True
