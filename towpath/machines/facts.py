"""What policies may know of a machine or a registry: plain facts, none of which is secret or changes anything."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from towpath.machines.batches import batch_size
from towpath.nodes.registries import Mirror
from towpath.settings.deployment_storage import S3
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection


def host_keys(connection: Connection) -> dict[str, str]:
    """Return the fingerprint of each key that is accepted on the way to a machine, by host; '' is any key at all.

    A fingerprint is as `ssh-keygen -l` prints it: `SHA256:` and the digest of the key in base64 without padding.
    """
    found = {} if connection.proxy is None else host_keys(connection.proxy)
    return {**found, connection.name: _fingerprint(connection.host_key)}


def node_facts(settings: Settings, name: str) -> dict[str, Any]:
    """Return whom a node's runtimes believe without proof and, on the first node, how many change at a time.

    Shape: `{"unverified": {"HOST[:PORT] or CIDR": SETTING}, "rollout": {"nodes": 5, "at_a_time": 1}}`.
    """
    nodes = settings.nodes
    facts: dict[str, Any] = {"unverified": dict(_unverified(settings, name))}
    if name == next(iter(nodes.members)):
        count = len(nodes.members)
        facts["rollout"] = {"nodes": count, "at_a_time": batch_size(nodes.rollout.max_unavailable, count)}
    return facts


def server_facts(image: str, upstream: str = "") -> dict[str, Any]:
    """Return which image a registry's container runs, and whether it asks its upstream, a URL, without TLS."""
    return {"images": {"registry": image}, "unverified": _plain(upstream, "registry.caches")}


def bucket_facts(bucket: S3 | None) -> dict[str, Any]:
    """Return whether a registry asks its bucket without TLS."""
    endpoint = (bucket.endpoint if bucket else None) or ""
    return {"unverified": _plain(endpoint, "registry.deployment.storage.s3.endpoint")}


def _plain(url: str, setting: str) -> dict[str, str]:
    """Return the host of a URL without TLS, and no user or password that may stand in it."""
    parts = urlsplit(url)
    return {parts.netloc.rpartition("@")[2]: setting} if parts.scheme == "http" else {}


def _unverified(settings: Settings, name: str) -> Iterator[tuple[str, str]]:
    setup = settings.nodes.setup_of(settings.nodes.members[name])
    for registry in setup.insecure_registries or ():
        yield registry, "insecure_registries"
    for host, upstream in settings.nodes.upstreams.items():
        for mirror in upstream.mirrors:
            tried = Mirror(mirror.url, mirror.ca_pem, mirror.skip_verify)
            if tried.plain:
                yield tried.endpoint, f"nodes.upstreams.{host}.mirrors"


def _fingerprint(host_key: str) -> str:
    _kind, _, key = host_key.strip().partition(" ")
    try:
        raw = base64.b64decode(key.split(" ")[0], validate=True)
    except binascii.Error:
        raw = b""
    return f"SHA256:{base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip('=')}" if raw else ""
