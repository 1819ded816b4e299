"""`registry.kind: none`: what a stack without a registry of its own is made of, and what it refuses."""

import json

import pytest

from towpath.errors import SettingsError
from towpath.machines.rehearsal import rehearse
from towpath.machines.wishes import node_wish
from towpath.settings import Settings, load_settings

NODES = {"members": {"a": {"address": "10.0.0.5"}, "b": {"address": "10.0.0.6"}}}
CLUSTER = {"kubeconfig_file": "kubeconfig"}


def load(**groups: object) -> Settings:
    raw = {"registry": {"kind": "none"}} | groups
    return load_settings({f"towpath:{name}": json.dumps(value) for name, value in raw.items()})


def test_nodes_get_proxy_and_mirrors_and_no_registry() -> None:
    upstreams = {"quay.io": {"mirrors": [{"url": "https://mirror.test"}]}}
    settings = load(nodes={**NODES, "upstreams": upstreams}, proxy={"http": "http://10.0.0.1:3128"})
    rehearse(settings)
    wish = node_wish(settings, "b", "")
    assert wish.registries == ()
    assert [each.host for each in wish.upstreams] == ["quay.io"]
    assert wish.proxy is not None
    assert "10.0.0.5" not in wish.proxy.no_proxy
    assert not settings.has_certificates


def test_a_cache_brings_its_certificate() -> None:
    settings = load(nodes=NODES, registry={"kind": "none", "node": "a", "caches": {"quay.io": {"port": 6001}}})
    rehearse(settings)
    assert settings.has_certificates
    assert not settings.has_registry


def test_a_cluster_alone_needs_no_nodes() -> None:
    settings = load(cluster=CLUSTER)
    rehearse(settings)
    assert (settings.nodes.members, settings.cluster_node) == ({}, None)


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ({}, "nodes.members: no node is named, there is nothing to do"),
        ({"cluster": CLUSTER, "registry": {}}, "no node is named, but the registry and its caches run on one"),
        ({"cluster": {**CLUSTER, "access": "ssh"}}, "no node is named, but cluster.access is ssh"),
        ({"nodes": NODES, "accounts": [{"name": "ci"}]}, "accounts: is of the registry, which kind none leaves out"),
    ],
)
def test_what_has_no_meaning_without_a_registry_is_refused(groups: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(**groups)
