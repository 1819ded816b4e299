"""Rotation in a stack: what must be valid before whom, and which slots an account has."""

import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor

from components.credentials import Credentials
from components.kubernetes_provider import KubernetesCluster
from components.stack import Stack
from tests.unit.deployment_settings import NODES
from tests.unit.deployment_settings import stack as deployed
from towpath.nodes.credential_provider import CREDENTIALS
from towpath.settings import load_settings
from towpath.settings.accounts import Account
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"


@pytest.fixture
def waits_for(recorder: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Names of the resources that each waits for, by its name; its children wait for it."""
    found: dict[str, set[str]] = {}
    register: Any = MockMonitor.RegisterResource

    def recording(monitor: MockMonitor, request: Any) -> Any:
        # A component and its document have one name.
        found.setdefault(request.name, set()).update(urn.rpartition("::")[2] for urn in request.dependencies)
        return register(monitor, request)

    monkeypatch.setattr(MockMonitor, "RegisterResource", recording)
    return found


def stack(**account: object) -> pulumi.Output[Any]:
    """Make a stack of two nodes that log in; the output is known when all is registered."""
    members = {"a": {"address": "10.0.0.1"}, "b": {"address": "10.0.0.2"}}
    groups = {
        "nodes": {"members": members, "setup": {"credential_provider": True}, "rollout": {"max_unavailable": 2}},
        "accounts": [{"name": "ci", **account}],
        "registry": {"node": "a"},
    }
    settings = load_settings({f"towpath:{name}": json.dumps(value) for name, value in groups.items()})
    made = Stack(settings, {name: Connection(each["address"], KEY) for name, each in members.items()})
    assert made.registry is not None
    return pulumi.Output.all(made.registry.url, *(node.status for node in made.nodes.values()))


@pulumi.runtime.test
def test_new_logins_are_valid_before_nodes_use_them_and_old_ones_until_all_do(
    waits_for: dict[str, set[str]],
) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert "overlap-add" in waits_for["a"] & waits_for["b"]
        assert {"a-apply", "b-apply"} <= waits_for["registry"]

    return stack(keep_previous=False).apply(check)


@pulumi.runtime.test
def test_where_old_logins_stay_the_registry_waits_for_its_own_node_alone(
    waits_for: dict[str, set[str]],
) -> pulumi.Output[None]:
    def check(_: Any) -> None:
        assert "overlap-add" in waits_for["a"]
        assert "a-apply" in waits_for["registry"]
        assert "b-apply" not in waits_for["registry"]

    return stack().apply(check)


@pulumi.runtime.test
def test_nodes_log_in_after_a_deployment_has_taken_the_login(
    recorder: Any, waits_for: dict[str, set[str]]
) -> pulumi.Output[None]:
    nodes = {**NODES, "setup": {"credential_provider": True}}
    loaded = deployed({"storage": {"volume": {"node": "b", "folder": "/data/registry"}}}, nodes=nodes)
    connections = {name: Connection(node.address, KEY) for name, node in loaded.nodes.members.items()}
    made = Stack(loaded, connections, (), KubernetesCluster("the-kubeconfig", "https://api.test"))
    assert made.registry is not None

    def check(_: Any) -> None:
        states = recorder.of_type("nodes:NodeState")
        assert CREDENTIALS not in states["a-state"]["files"]
        assert "overlap-add" not in recorder.resources
        assert "registry-check" in waits_for["a-logins"] & waits_for["b-logins"]

    return pulumi.Output.all(*(each.status for each in made.node_logins.values())).apply(check)


@pulumi.runtime.test
def test_an_account_that_rotates_itself_has_both_slots_and_one_valid_login(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", rotate_after_days=30)])

    def check(parts: list[Any]) -> None:
        htpasswd, active, logins = parts
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.1"]
        assert active == htpasswd
        assert logins["ci"]["username"] == "ci.1"
        keepers = {name: inputs["keepers"] for name, inputs in recorder.of_type(":RandomPassword").items()}
        assert keepers == {"credentials-ci.1": {"rotation": "1"}, "credentials-ci.2": {"rotation": "0"}}

    return pulumi.Output.all(credentials.htpasswd, credentials.active_htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
def test_only_active_logins_are_added_before_consumers_move(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", rotation=2), Account(name="team-a")])

    def check(parts: list[Any]) -> None:
        htpasswd, active = parts
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.2", "ci.1", "team-a.1"]
        assert [line.split(":")[0] for line in active.splitlines()] == ["ci.2", "team-a.1"]

    return pulumi.Output.all(credentials.htpasswd, credentials.active_htpasswd).apply(check)
