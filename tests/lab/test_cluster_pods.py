"""Pods run on real kubelets; a Service answers on every node, from nodes and from pods; local volumes bind."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.lab.cluster_access import REGISTRY_PORT, ClusterAccess, registry_objects, until
from tests.lab.lab_access import LabAccess, lab_command

NODE_PORT = 30511
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
ASK = (
    "timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/{port}; printf \"GET /v2/ HTTP/1.0\\r\\n\\r\\n\" >&3; head -n 1 <&3'"
)
IN_A_POD = (
    "nsenter --net --target $(lsns --type net --noheadings --output PID,COMMAND | grep -m1 pause | awk '{print $1}') "
)


@dataclass(frozen=True)
class Registry:
    """The registry that the tests of this file ask."""

    namespace: str
    pod_address: str
    service_address: str


@pytest.fixture(scope="module")
def registry(cluster: ClusterAccess) -> Iterator[Registry]:
    cluster.import_registry_image()
    with cluster.namespace() as namespace:
        cluster.apply(namespace, CLAIM, *registry_objects("registry", NODE_PORT, "data"))
        waited = cluster.kubectl(
            "wait", "-n", namespace, "--for=condition=Available", "deploy/registry", "--timeout=180s"
        )
        assert waited.status == 0, cluster.kubectl("describe", "pods", "-n", namespace).output
        pod = cluster.get("pods", "-n", namespace)["items"][0]
        service = cluster.get("service", "registry", "-n", namespace)
        yield Registry(namespace, pod["status"]["podIP"], service["spec"]["clusterIP"])


def test_all_nodes_of_the_lab_are_ready(cluster: ClusterAccess, lab: LabAccess) -> None:
    ready = {
        node["metadata"]["name"]
        for node in cluster.get("nodes")["items"]
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready" and condition["status"] == "True"
    }

    assert set(lab.nodes) <= ready


@pytest.mark.parametrize("node", ["node-1", "node-2"])
def test_a_node_port_answers_on_every_node(registry: Registry, lab: LabAccess, node: str) -> None:
    url = f"http://{lab.nodes[node]}:{NODE_PORT}/v2/"

    with httpx.Client(trust_env=False, timeout=20) as client:
        until(lambda: _status(client, url) == 200, f"{url} answers")


@pytest.mark.parametrize("node", ["node-1", "node-2"])
@pytest.mark.parametrize("kind", ["service", "pod"])
def test_a_node_reaches_services_and_pods_of_every_node(
    registry: Registry, lab: LabAccess, node: str, kind: str
) -> None:
    address = registry.service_address if kind == "service" else registry.pod_address

    answer = lab.run(node, ASK.format(address=address, port=REGISTRY_PORT)).check()

    assert answer.stdout.startswith("HTTP/1.0 200 OK")


@pytest.mark.parametrize("kind", ["service", "its own pod", "other node's port", "API"])
def test_a_pod_reaches_services_itself_and_node_ports(registry: Registry, lab: LabAccess, kind: str) -> None:
    address, port = {
        "service": (registry.service_address, REGISTRY_PORT),
        "its own pod": (registry.pod_address, REGISTRY_PORT),
        "other node's port": (lab.nodes["node-2"], NODE_PORT),
        "API": ("10.96.0.1", 443),
    }[kind]

    answer = lab.run("node-1", IN_A_POD + ASK.format(address=address, port=port)).check()

    # The API server speaks TLS and says so to a plain request.
    assert answer.stdout.startswith("HTTP/1.0 400" if kind == "API" else "HTTP/1.0 200 OK")


def test_a_claim_binds_to_a_volume_of_the_pods_node_that_a_plain_user_may_write(
    registry: Registry, cluster: ClusterAccess, lab: LabAccess
) -> None:
    claim = cluster.get("pvc", "data", "-n", registry.namespace)
    volume = cluster.get("pv", claim["spec"]["volumeName"])
    archive = Path.home() / ".cache" / "towpath" / "lab" / "images" / "hello.tar"

    lab.crane("push", "--insecure", str(archive), f"{lab.nodes['node-2']}:{NODE_PORT}/hello:1").check()

    assert claim["status"]["phase"] == "Bound"
    assert volume["metadata"]["name"].startswith("node-1-")
    owners = lab.run("node-1", f"find {volume['spec']['local']['path']} -type f -printf '%U:%G\n' | sort -u").check()
    assert owners.stdout.split() == ["1000:1000"]


def test_a_volume_whose_claim_is_gone_is_emptied_and_offered_again(cluster: ClusterAccess, lab: LabAccess) -> None:
    cluster.import_registry_image()
    with cluster.namespace() as namespace:
        cluster.apply(namespace, CLAIM, *registry_objects("filler", NODE_PORT + 1, "data"))
        cluster.kubectl("wait", "-n", namespace, "--for=condition=Available", "deploy/filler", "--timeout=180s").check()
        name = cluster.get("pvc", "data", "-n", namespace)["spec"]["volumeName"]
        path = cluster.get("pv", name)["spec"]["local"]["path"]
        lab.run("node-1", f"touch {path}/left").check()
    until(lambda: cluster.get("pv", name)["status"]["phase"] == "Released", "the volume is released")

    lab_command("up").check()

    until(lambda: cluster.get("pv", name)["status"]["phase"] == "Available", "the volume is offered")
    assert lab.run("node-1", f"ls -A {path}").check().stdout == ""
    assert lab.run("node-1", f"stat -c '%u:%g %a' {path}").check().stdout == "0:0 755\n"


def test_docker_of_a_node_still_runs_containers(cluster: ClusterAccess, lab: LabAccess) -> None:
    """Kubelet's preparation takes control group hierarchies away that Docker saw when it started."""
    said = lab.run("node-1", "docker run --rm --network none registry:3 --version").check()

    assert "v3" in said.output


def _status(client: httpx.Client, url: str) -> int:
    try:
        return client.get(url).status_code
    except httpx.TransportError:
        return 0
