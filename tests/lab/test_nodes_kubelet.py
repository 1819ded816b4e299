"""A pod's image, pulled by kubelet through the node's containerd: by the proxy, and not before `up`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on

IMAGE = "upstream.towpath.test/hello:2"
PORT = 6036


def pod(name: str, node: str, image: str) -> dict[str, Any]:
    """A pod on that very node, which always asks the registry for its image."""
    container = {"name": "hello", "image": image, "imagePullPolicy": "Always"}
    spec = {"nodeName": node, "restartPolicy": "Never", "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def namespace(cluster: ClusterAccess) -> Iterator[str]:
    with cluster.namespace() as name:
        until(lambda: cluster.kubectl("get", "sa", "default", "-n", name).status == 0, "the service account is there")
        yield name


def why_waiting(cluster: ClusterAccess, namespace: str, name: str) -> str:
    """The reason for which the pod's container waits; empty when it does not."""
    statuses = cluster.get("pod", name, "-n", namespace)["status"].get("containerStatuses", [])
    return str(statuses[0]["state"].get("waiting", {}).get("reason", "")) if statuses else ""


def test_kubelet_pulls_through_the_proxy_once_the_node_is_set_up(
    lab: LabAccess,
    cluster: ClusterAccess,
    spare_nodes: tuple[NodeAccess, NodeAccess],
    namespace: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = spare_nodes[0].name
    cluster.apply(namespace, pod("before", node, IMAGE))
    until(lambda: why_waiting(cluster, namespace, "before") in {"ErrImagePull", "ImagePullBackOff"}, "the pull failed")
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("kubelet"), PORT)
    stack.change("nodes", upstreams={lab.upstream: {"ca_pem": (lab.state / "upstream-ca.pem").read_text()}})
    stack.configure(proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"], "service_cidrs": ["10.96.0.0/16"]})
    stack.up().ok()
    try:
        mark = lab.squid_mark()
        cluster.apply(namespace, pod("after", node, IMAGE))
        phase = ("get", "pod", "after", "-n", namespace, "--output", "jsonpath={.status.phase}")
        until(lambda: cluster.kubectl(*phase).stdout == "Succeeded", "the pod ran")
        assert "hello from towpath, version 2" in cluster.kubectl("logs", "after", "-n", namespace).stdout
        until(
            lambda: any("CONNECT upstream.towpath.test:443" in line for line in mark.lines()), "the proxy saw the pull"
        )
    finally:
        stack.destroy().ok()
