"""Settings of a registry in the cluster: what follows from them for nodes, and what is refused with which words."""

from typing import Any

import pytest

from tests.unit.deployment_settings import NODES, S3, stack
from towpath.errors import SettingsError
from towpath.machines.rehearsal import rehearse
from towpath.machines.wishes import node_wish

ONE = {"members": {"a": {"address": "10.0.0.1"}}}


@pytest.mark.parametrize(
    ("deployment", "registry", "words"),
    [
        ({"replicas": 2}, {}, "its storage is for one node"),
        ({"replicas": 2, "storage": {"volume": {"node": "a", "folder": "/data"}}}, {}, "its storage is for one node"),
        ({"storage": {"s3": S3, "claim": {}}}, {}, "has claim, s3; images are kept in one place"),
        ({"storage": {"s3": {**S3, "secret_key": None}}}, {}, "has only one of access_key and secret_key"),
        ({"storage": {"s3": {**S3, "endpoint": "s3.test"}}}, {}, "endpoint has no scheme"),
        ({"storage": {"volume": {"node": "c", "folder": "/data"}}}, {}, "is no node of this stack; write one of: a, b"),
        ({"storage": {"claim": {"size": "much"}}}, {}, "is no quantity"),
        ({"storage": {"claim": {"match_labels": {"a b": "c"}}}}, {}, "is no key of a label"),
        ({"node_selector": {"zone": "north west"}}, {}, "is no value of a label"),
        ({"network_policy": {"from_cidrs": ["10.0.0.5/8"]}}, {}, "is no network"),
        ({"redis": {"address": "redis"}}, {}, "must be host:port"),
        ({"exposure": {"kind": "ingress"}}, {}, "registry.host must be a DNS name for an Ingress"),
        ({"exposure": {"kind": "ingress"}}, {"host": "10.0.0.9"}, "registry.host must be a DNS name for an Ingress"),
        ({"exposure": {"kind": "load-balancer"}}, {}, "by which name clients reach the load balancer"),
        ({"exposure": {"each_node_itself": True}}, {}, "needs a name that leads to another address on every node"),
        ({"exposure": {"ingress_class": "x"}}, {}, "ingress_class has no meaning with kind: node-port"),
        ({}, {"node": None}, "registry.node says whose address leads to the registry"),
        ({}, {"user": "0:0"}, "registry.user is root"),
        ({"namespace": "Team"}, {}, "must be lower-case letters"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_way_out(
    deployment: dict[str, Any], registry: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        rehearse(stack(deployment, **registry))
    assert words in str(refused.value)
    assert "the-key" not in str(refused.value)


def test_there_must_be_a_cluster() -> None:
    with pytest.raises(SettingsError, match=r"there is no cluster; set cluster\.kubeconfig_file"):
        stack(cluster={})


@pytest.mark.parametrize(
    ("exposure", "registry", "host", "port", "entries"),
    [
        ({}, {}, "10.0.0.1", 30500, (None, None)),
        ({}, {"host": "r.test"}, "r.test", 30500, ("10.0.0.1", "10.0.0.1")),
        ({"each_node_itself": True}, {"host": "r.test"}, "r.test", 30500, ("10.0.0.1", "10.0.0.2")),
        ({"address": "10.0.0.9", "port": 31000}, {"host": "r.test"}, "r.test", 31000, ("10.0.0.9", "10.0.0.9")),
        ({"kind": "load-balancer", "address": "10.9.9.9"}, {}, "10.9.9.9", 443, (None, None)),
        ({"kind": "load-balancer"}, {"host": "r.test"}, "r.test", 443, (None, None)),
        ({"kind": "ingress", "address": "10.9.9.9"}, {"host": "r.test"}, "r.test", 443, ("10.9.9.9", "10.9.9.9")),
    ],
)
def test_nodes_reach_and_trust_it_by_one_name(
    exposure: dict[str, Any], registry: dict[str, Any], host: str, port: int, entries: tuple[str | None, str | None]
) -> None:
    settings = stack({"exposure": exposure}, **registry)
    rehearse(settings)
    own = [node_wish(settings, name, "PEM").registries[0] for name in ("a", "b")]

    assert {(each.host, each.port) for each in own} == {(host, port)}
    assert tuple(each.address for each in own) == entries


def test_caches_stay_where_their_node_is() -> None:
    proxied = {**NODES, "setup": {"proxy": True}}
    settings = stack({}, nodes=proxied, host="r.test", caches={"quay.io": {"port": 6001}})
    rehearse(settings)

    assert settings.registry_host == "r.test"
    assert settings.cache_host == "10.0.0.1"
    assert node_wish(settings, "b", "PEM").upstreams[0].mirrors[0].url == "https://10.0.0.1:6001"


def test_the_node_of_a_volume_leads_to_the_registry() -> None:
    settings = stack({"storage": {"volume": {"node": "b", "folder": "/data"}}}, node=None)

    assert settings.registry_host == "10.0.0.2"


def test_a_stack_without_nodes_names_the_registry_itself() -> None:
    with pytest.raises(SettingsError, match=r"registry\.host says by which name"):
        stack({}, nodes=None, node=None)
    settings = stack({}, nodes=None, node=None, host="registry.test")
    rehearse(settings)
    assert settings.registry_address(settings.registry_node) is None


def test_one_node_needs_no_naming() -> None:
    assert stack({}, nodes=ONE, node=None).registry_host == "10.0.0.1"
