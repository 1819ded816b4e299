"""The policy pack on what the components register: names and shapes are theirs, and nothing that is read is secret."""

import json
from typing import Any

import pulumi

from components.dynamic.account_rotation import AccountRotationProvider
from components.dynamic.node_state import NodeStateProvider
from components.kubernetes_provider import KubernetesCluster
from components.stack import Stack
from policy.policies.pack import RULES
from tests.unit.deployment_settings import S3
from tests.unit.deployment_settings import stack as deployment_stack
from towpath.machines.facts import host_keys
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
PIN = f"@sha256:{'0' * 64}"
BAD_CERTIFICATE = {"validity_days": 3000, "renew_before_days": 1, "ca_validity_days": 7000}


def settings(nodes: Any, registry: Any, accounts: Any) -> Settings:
    members = {name: {"address": f"10.0.0.{number}"} for number, name in enumerate("abc", 1)}
    groups = {
        "nodes": {"members": members, **nodes},
        "registry": {"node": "a", **registry},
        "accounts": accounts,
    }
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})


def made(loaded: Settings, key: str = KEY, cluster: KubernetesCluster | None = None) -> pulumi.Output[Any]:
    connections = {name: Connection(node.address, key) for name, node in loaded.nodes.members.items()}
    stack = Stack(loaded, connections, (), cluster)
    assert stack.registry
    return pulumi.Output.all(*(node.status for node in stack.nodes.values()), stack.registry.url)


def broken(recorder: Any) -> dict[str, dict[str, list[str]]]:
    """Findings by rule and resource; fails where a rule would read what is secret."""
    found: dict[str, dict[str, list[str]]] = {}
    for rule in RULES:
        for name, (kind, inputs) in recorder.resources.items():
            if kind not in rule.types:
                continue
            readable = {key: inputs[key] for key in rule.reads if key in inputs}
            assert pulumi.runtime.rpc._special_sig_key not in json.dumps(readable)
            if findings := list(rule.findings(readable, {})):
                found.setdefault(rule.name, {})[name] = findings
    return found


@pulumi.runtime.test
def test_settings_that_break_rules_are_found_where_they_stand(recorder: Any) -> pulumi.Output[None]:
    mirrors = [{"url": "https://m.test:5000", "skip_verify": True}, {"url": "http://n.test"}, {"url": "https://o.test"}]
    nodes = {
        "setup": {"insecure_registries": ["10.0.0.0/8"]},
        "upstreams": {"quay.io": {"mirrors": mirrors}},
        "rollout": {"max_unavailable": "100%"},
    }
    caches = {"docker.io": {"port": 6001, "upstream": "http://plain.test"}}
    accounts = [{"name": "ci", "password": "a-given-one", "bcrypt_cost": 5}, {"name": "b", "bcrypt_cost": 4}]

    def check(_: Any) -> None:
        found = broken(recorder)
        nodes = {f"{name}-state" for name in "abc"}
        servers = {"registry-state", "cache-docker.io-state"}
        assert {rule: set(names) for rule, names in found.items()} == {
            "verified-registries": nodes | {"cache-docker.io-state"},
            "host-keys": nodes | servers,
            "batch-below-fleet": {"a-state"},
            "certificate-lifetime": {"certificate-ca", "certificate-leaf"},
            "certificate-renewal": {"certificate-ca", "certificate-leaf"},
            "bcrypt-cost": {"credentials-ci-rotation", "credentials-b-rotation"},
            "images-pinned": servers,
        }
        places = ["10.0.0.0/8", "m.test:5000", "n.test"]
        lines = [f"`facts.unverified` has {place}" for place in places]
        assert sorted(found["verified-registries"]["b-state"]) == lines

    return made(settings(nodes, {"caches": caches, "certificate": BAD_CERTIFICATE}, accounts), key="").apply(check)


@pulumi.runtime.test
def test_defaults_break_no_rule_but_that_of_the_pinned_image(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert set(broken(recorder)) == {"images-pinned"}
        assert recorder.of_type("nodes:NodeState")["a-state"]["facts"]["rollout"] == {"nodes": 3, "at_a_time": 1}

    return made(settings({}, {}, [{"name": "ci"}])).apply(check)


@pulumi.runtime.test
def test_a_deployment_keeps_the_rules_of_pods(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert recorder.of_type("apps/v1:Deployment")
        assert broken(recorder) == {}

    cluster = KubernetesCluster("the-kubeconfig", "https://api.test")
    loaded = deployment_stack({}, image=f"registry{PIN}")
    return made(loaded, cluster=cluster).apply(check)


@pulumi.runtime.test
def test_a_deployment_that_does_not_is_found(recorder: Any) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        everything = broken(recorder)
        told = "`facts.unverified` has s3.test:9000"
        assert everything.pop("verified-registries") == {"registry-check": [told]}
        found = {rule: names["registry-deployment"] for rule, names in everything.items()}
        assert {rule: len(lines) for rule, lines in found.items()} == {
            "images-pinned": 1,
            "pod-resources": 3,
        }

    cluster = KubernetesCluster("the-kubeconfig", "https://api.test")
    nothing = {"cpu_request": "", "memory_request": "", "memory_limit": ""}
    wanted = {"resources": nothing, "storage": {"s3": {**S3, "endpoint": "http://me:hush@s3.test:9000"}}}
    return made(deployment_stack(wanted), cluster=cluster).apply(check)


def test_facts_alone_change_nothing() -> None:
    """A state from before there were facts has no update for them, and loses none of its own."""
    state = {"machine": "a", "files": {}, "salt": "s", "connection": {}}
    for facts in ({"host_keys": {"a": "x"}}, {}):
        assert not NodeStateProvider().diff("id", state, {**state, "facts": facts}).changes
    assert NodeStateProvider().diff("id", state, {**state, "facts": {}, "files": {"/a": "1"}}).changes
    wish = {"by_hand": 1, "every_days": None, "since": "", "keepers": None}
    provider = AccountRotationProvider()
    first = provider.check({}, {"account": "ci", "wish": wish}).inputs
    checked = provider.check(first, {"account": "ci", "wish": wish, "facts": {"bcrypt_cost": {"made": 5}}}).inputs
    assert checked["facts"] == {"bcrypt_cost": {"made": 5}}
    assert not provider.diff("ci", first, checked).changes


def test_host_keys_are_shown_as_ssh_prints_them() -> None:
    """The pair is of `ssh-keygen -t ed25519` and `ssh-keygen -l`."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvp/tYs2Kmqfed8XGos3imGmja0O6e9zZ7qCuN3t5QA"
    shown = host_keys(Connection("10.0.0.1", key, port=2222, proxy=Connection("bastion.test", "")))
    assert shown == {
        "bastion.test": "",
        "10.0.0.1:2222": "SHA256:YsqwNfh2vKF2Pue3KYCSfVSejQDJ4Ht68ywHDgb0IF0",
    }
    assert host_keys(Connection("10.0.0.1", "ssh-ed25519 not*base64")) == {"10.0.0.1": ""}
