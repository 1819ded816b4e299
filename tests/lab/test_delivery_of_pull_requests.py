"""The stack of a pull request: it comes up from the shipped template, and goes without a trace when its time is up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.delivery_workspace import checkout
from tests.lab.deployment_access import PODS
from tests.lab.stack_workspace import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.cluster_access import ClusterAccess
    from tests.lab.delivery_workspace import DeliveryWorkspace

TEMPLATE = "stacks/ephemeral.yaml"
STACK = "pr-712"
EXPOSURE = {"kind": "node-port", "port": 30585, "address": "10.89.0.11"}
LONG_AGO = "2020-01-01T00:00:00Z"


def template() -> str:
    """The shipped one, with what the lab has in place of an ingress and of a registry's image that can be pulled."""
    document: dict[str, Any] = yaml.safe_load((CHECKOUT / TEMPLATE).read_text())
    document["config"]["towpath:registry"]["deployment"].update({**PODS, "exposure": EXPOSURE})
    return yaml.safe_dump(document)


def whole_cluster(cluster: ClusterAccess) -> set[str]:
    """Names of everything that belongs to no namespace and that a stack could leave."""
    kinds = "namespaces,clusterroles,clusterrolebindings,storageclasses,customresourcedefinitions"
    return set(cluster.kubectl("get", kinds, "--output", "name").check().stdout.split())


def as_a_new_runner(workspace: DeliveryWorkspace) -> None:
    """Every run begins with a fresh checkout, in which the stack's settings are made again."""
    workspace.file(STACK).unlink(missing_ok=True)
    workspace.make("init", STACK=STACK, FROM=TEMPLATE).ok()


def grow_old(workspace: DeliveryWorkspace) -> None:
    """Let the last update of the stack be years ago."""
    file = workspace.folder.parent / "state.json"
    state = json.loads(workspace.pulumi("stack", "export", "-s", STACK).ok().output)
    state["deployment"]["manifest"]["time"] = LONG_AGO
    file.write_text(json.dumps(state))
    workspace.pulumi("stack", "import", "-s", STACK, "--file", str(file)).ok()


def test_a_pull_request_has_a_stack_until_its_time_is_up(cluster: ClusterAccess, tmp_path: Path) -> None:
    before = whole_cluster(cluster)
    workspace = checkout(cluster.lab, tmp_path / "checkout", "other")
    (workspace.folder / TEMPLATE).write_text(template())
    kubeconfig = (cluster.lab.state / "kubeconfig").read_text()
    workspace.run(".ci/credentials", TOWPATH_KUBECONFIG=kubeconfig).ok()
    try:
        as_a_new_runner(workspace)
        workspace.make("deploy", STACK=STACK, CREATE="1").ok()
        secret = cluster.get("secret", "regcred", "--namespace", f"{STACK}-app")
        assert secret["type"] == "kubernetes.io/dockerconfigjson"
        assert f"namespace/towpath-{STACK}" in whole_cluster(cluster)

        young = workspace.make("reap", OPEN="711 712").ok().output
        assert f"{STACK}: stays, last update 0 h ago" in young
        closed = workspace.make("reap", OPEN="711").ok().output
        assert f"{STACK}: goes, pull request 712 is not open" in closed
        grow_old(workspace)
        workspace.file(STACK).unlink()
        reaped = workspace.make("reap", OPEN="712", YES="1").ok().output
        assert f"{STACK}: goes, last update" in reaped
        assert "other" not in reaped
        assert workspace.stacks() == {"other"}

        as_a_new_runner(workspace)
        closed_after = workspace.make("destroy", STACK=STACK, REMOVE="1").ok().output
        assert "nothing is left to take back" in closed_after
    finally:
        as_a_new_runner(workspace)
        workspace.make("destroy", STACK=STACK, REMOVE="1").ok()
    assert whole_cluster(cluster) - before == set()
