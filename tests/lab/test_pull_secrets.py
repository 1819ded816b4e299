"""Real kubelets pull with what the stack put into namespaces, by the pod's own word and by its ServiceAccount."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.cluster_access import ClusterAccess, only_on, until
from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace, new_stack
from towpath.cluster.access import ClusterAccess as StackCluster
from towpath.ssh.connection import Connection
from towpath.ssh.known_hosts import host_key_for

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 6041
REFUSED = {"ErrImagePull", "ImagePullBackOff"}
THEIRS = {"theirs": "stays"}


@pytest.fixture
def spaces(cluster: ClusterAccess) -> Iterator[dict[str, str]]:
    """Namespaces of somebody who has labels, Secrets and entries of their own there."""
    with ExitStack() as stack:
        names = {role: stack.enter_context(cluster.namespace()) for role in ("by-pod", "by-account", "not-selected")}
        for name in names.values():
            has_default_account(cluster, name)
            cluster.kubectl("label", "namespace", name, "theirs=stays").check()
            cluster.kubectl("create", "secret", "generic", "theirs", "-n", name, "--from-literal=a=b").check()
            patch = json.dumps({"imagePullSecrets": [{"name": "theirs"}], "metadata": {"annotations": THEIRS}})
            cluster.kubectl("patch", "sa", "default", "-n", name, "--patch", patch).check()
        yield names


@pytest.fixture
def stack(lab: LabAccess, cluster: ClusterAccess, spaces: dict[str, str], tmp_path: Path) -> Iterator[StackWorkspace]:
    workspace = new_stack(lab, tmp_path / "stack", port=PORT)
    rules = [{"names": [spaces["by-pod"]]}, {"names": [spaces["by-account"]], "service_accounts": "default"}]
    kubeconfig = cluster.lab.env["KUBECONFIG"]
    workspace.configure(cluster={"kubeconfig_file": kubeconfig}, namespaces={"mode": "each", "rules": rules})
    yield workspace
    workspace.pulumi("cancel", "--yes", "-s", workspace.stack)
    workspace.destroy("--continue-on-error").ok()


def has_default_account(cluster: ClusterAccess, namespace: str) -> None:
    until(lambda: cluster.kubectl("get", "sa", "default", "-n", namespace).status == 0, "the account is there")


def as_stored(cluster: ClusterAccess, name: str) -> str:
    """Return all that is in a namespace, and itself, but for what every write changes."""
    found = [cluster.get("namespace", name), *cluster.get("sa,secrets,configmaps", "-n", name)["items"]]
    for each in found:
        del each["metadata"]["resourceVersion"]
        each["metadata"].pop("managedFields", None)
    return json.dumps(found)


def push(lab: LabAccess, stack: StackWorkspace, folder: Path) -> str:
    """Push the lab's image to the stack's registry, and return its reference."""
    outputs = stack.outputs()
    host, login = outputs["registry"]["host"], outputs["credentials"]["ci"]
    (folder / "ca.pem").write_text(outputs["registry"]["ca_pem"])
    shell = LabAccess(
        {**lab.env, "SSL_CERT_DIR": f"{lab.env['SSL_CERT_DIR']}:{folder}", "DOCKER_CONFIG": str(folder / "docker")}
    )
    shell.crane("auth", "login", host, "-u", login["username"], "--password-stdin", stdin=login["password"]).check()
    image = f"{host}/team/hello:1"
    shell.crane("push", str(lab.image_archive("hello")), image).check()
    return image


def make_pod(cluster: ClusterAccess, namespace: str, name: str, image: str, secret: str | None = None) -> None:
    """Make a pod on a node of the stack that asks the registry for its image whatever the node has."""
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "affinity": only_on("node-1", "node-2"),
        "containers": [{"name": "hello", "image": image, "imagePullPolicy": "Always"}],
        **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
    }
    cluster.apply(namespace, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})


def succeeds(cluster: ClusterAccess, namespace: str, name: str) -> None:
    cluster.until(lambda: "Succeeded" in _status(cluster, namespace, name), f"pod {name} ran", namespace)


def is_refused(cluster: ClusterAccess, namespace: str, name: str) -> None:
    cluster.until(lambda: REFUSED & set(_status(cluster, namespace, name)), f"pod {name} may not pull", namespace)


def _status(cluster: ClusterAccess, namespace: str, name: str) -> list[str]:
    path = "jsonpath={.status.phase} {.status.containerStatuses[0].state.waiting.reason}"
    return cluster.kubectl("get", "pod", name, "-n", namespace, "-o", path).stdout.split()


def test_pods_pull_where_it_is_selected_and_nowhere_else_and_others_find_all_as_it_was(
    lab: LabAccess, cluster: ClusterAccess, spaces: dict[str, str], stack: StackWorkspace, tmp_path: Path
) -> None:
    before = {name: as_stored(cluster, name) for name in spaces.values()}
    stack.up().ok()
    image = push(lab, stack, tmp_path)
    for turn, mode in enumerate(("each", "set")):
        stack.change("namespaces", mode=mode)
        stack.up().ok()
        make_pod(cluster, spaces["by-pod"], f"named-{turn}", image, "regcred")
        make_pod(cluster, spaces["by-pod"], f"without-{turn}", image)
        make_pod(cluster, spaces["by-account"], f"account-{turn}", image)
        make_pod(cluster, spaces["not-selected"], f"stranger-{turn}", image, "regcred")
        succeeds(cluster, spaces["by-pod"], f"named-{turn}")
        succeeds(cluster, spaces["by-account"], f"account-{turn}")
        is_refused(cluster, spaces["by-pod"], f"without-{turn}")
        is_refused(cluster, spaces["not-selected"], f"stranger-{turn}")
    stack.preview("--expect-no-changes").ok()

    stack.destroy().ok()

    assert {name: as_stored(cluster, name) for name in spaces.values()} == before


def through_a_node(lab: LabAccess) -> StackCluster:
    address = lab.nodes["node-2"]
    host_key = host_key_for(lab.known_hosts.read_text(), address, 22)
    assert host_key
    through = Connection(address, host_key, private_key=lab.key.read_text())
    return StackCluster(Path(lab.env["KUBECONFIG"]).read_text(), through=through)


async def test_the_api_server_is_reached_through_a_nodes_ssh_connection(cluster: ClusterAccess) -> None:
    """Its certificate is verified for its own name, not for the end of the tunnel."""
    record = json.loads(json.dumps(through_a_node(cluster.lab).to_record()))
    async with StackCluster.from_record(record).client() as client:
        names = {each["metadata"]["name"] for each in await client.list("/api/v1/namespaces", "listing Namespaces")}
    assert "kube-system" in names
