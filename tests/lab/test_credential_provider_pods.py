"""A pod of any namespace pulls from the private registry without a pull secret, by kubelet's credential provider."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace

PORT = 6049
REFUSED = {"ErrImagePull", "ImagePullBackOff"}
KUBELET = ("/etc/default", "/etc/systemd/system", "/etc/towpath", "/run/towpath")
ARGUMENTS = "tr '\\0' '\\n' </proc/$(pidof -s kubelet)/cmdline"


@pytest.fixture
def namespace(cluster: ClusterAccess) -> Iterator[str]:
    with cluster.namespace() as name:
        until(lambda: cluster.kubectl("get", "sa", "default", "-n", name).status == 0, "the service account is there")
        yield name


@pytest.fixture
def make(cluster: ClusterAccess, namespace: str, spare_nodes: tuple[NodeAccess, NodeAccess]) -> Callable[..., None]:
    """Makes a pod on the first spare node, without any pull secret; it always asks the registry for its image."""

    def pod(name: str, image: str) -> None:
        container = {"name": "hello", "image": image, "imagePullPolicy": "Always"}
        spec: dict[str, Any] = {"nodeName": spare_nodes[0].name, "restartPolicy": "Never", "containers": [container]}
        cluster.apply(namespace, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})

    return pod


def push(stack: StackWorkspace, node: NodeAccess, account: str = "ci") -> str:
    """Push the lab's image to the stack's registry, and return its reference."""
    outputs = stack.outputs()
    login, host = outputs["credentials"][account], outputs["registry"]["host"]
    image = f"{host}/team/hello:1"
    node.docker("load", "--input", str(node.lab.image_archive("hello"))).check()
    node.docker("tag", "hello:1", image).check()
    node.sh(f"docker login -u {login['username']} --password-stdin {host}", stdin=login["password"])
    node.sh(f"docker push --quiet {image}")
    node.sh(f"docker logout {host}")
    return image


def test_a_pod_without_a_pull_secret_pulls_until_the_provider_is_taken_back(
    lab: LabAccess,
    cluster: ClusterAccess,
    spare_nodes: tuple[NodeAccess, NodeAccess],
    namespace: str,
    make: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def phase(name: str) -> str:
        return cluster.kubectl("get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.phase}").stdout

    def waits(name: str) -> str:
        path = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
        return cluster.kubectl("get", "pod", name, "-n", namespace, "-o", path).stdout

    node = spare_nodes[0]
    node.write("/etc/default/kubelet", 'KUBELET_EXTRA_ARGS="--v=1"\n')
    node.sh("systemctl restart kubelet")
    before, arguments = node.tree(*KUBELET), node.sh(ARGUMENTS)
    stack = stack_on(lab, [node], tmp_path_factory.mktemp("provider"), PORT)
    try:
        stack.up().ok()
        image = push(stack, node)
        make("without", image)
        until(lambda: waits("without") in REFUSED, "the pull was refused")

        stack.change("nodes", setup={"credential_provider": True})
        stack.up().ok()
        assert "--v=1" in node.sh(ARGUMENTS).splitlines()
        assert node.sh("stat -c %a:%U /etc/towpath/kubelet/credentials") == "600:root\n"
        make("with", image)
        until(lambda: phase("with") == "Succeeded", "the pod ran")

        started = node.sh("systemctl show -p InvocationID --value kubelet")
        stack.configure(accounts=[{"name": "ci", "role": "push"}, {"name": "team-a", "rotation": 2}])
        stack.change("nodes", account="team-a")
        stack.up().ok()
        make("rotated", image)
        until(lambda: phase("rotated") == "Succeeded", "the pod ran with the new login")
        assert '"team-a.2"' in node.read("/etc/towpath/kubelet/credentials")
        assert node.sh("systemctl show -p InvocationID --value kubelet") == started

        stack.change("nodes", setup={"credential_provider": False})
        stack.up().ok()
        make("afterwards", image)
        until(lambda: waits("afterwards") in REFUSED, "the pull was refused again")
        assert node.sh(ARGUMENTS) == arguments
    finally:
        stack.destroy().ok()
        assert node.tree(*KUBELET) == before
        node.sh("rm /etc/default/kubelet; systemctl restart kubelet")
