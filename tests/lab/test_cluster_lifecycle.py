"""The cluster stays as it is when brought up again, and comes back when a part of it is killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.node_scripts import KERNEL_VALUES
from tests.lab.cluster_access import ClusterAccess, registry_objects, until
from tests.lab.lab_access import LabAccess, finished, lab_command

UNITS = "kubelet.service kube-proxy.service pod-network.service containerd.service docker.service"
NODE_PORT = 30521


@pytest.fixture(scope="module")
def namespace(cluster: ClusterAccess) -> Iterator[str]:
    """A namespace with one running pod."""
    cluster.import_registry_image()
    with cluster.namespace() as name:
        cluster.apply(name, *registry_objects("steady", NODE_PORT))
        cluster.kubectl("wait", "-n", name, "--for=condition=Available", "deploy/steady", "--timeout=180s").check()
        yield name


def lab_docker(lab: LabAccess, *args: str) -> str:
    host = {"DOCKER_HOST": "unix:///run/towpath-lab/docker.sock"}
    return finished(["docker", *args], env={**lab.env, **host}).check().stdout.strip()


def container_of(cluster: ClusterAccess, namespace: str) -> tuple[str, int]:
    """The id of the pod's container, and how often it was started again."""
    status = cluster.get("pods", "-n", namespace)["items"][0]["status"]["containerStatuses"][0]
    return status["containerID"], status["restartCount"]


def node_ready(cluster: ClusterAccess, node: str) -> bool:
    conditions = cluster.get("node", node)["status"]["conditions"]
    return ("Ready", "True") in {(each["type"], each["status"]) for each in conditions}


def running(lab: LabAccess, node: str) -> str:
    """The main process and the start of each unit: different after any restart."""
    properties = "Id,MainPID,ExecMainStartTimestampMonotonic,ActiveState"
    return lab.run(node, f"systemctl show --property {properties} {UNITS}").check().stdout


def test_up_again_changes_nothing(cluster: ClusterAccess, lab: LabAccess, namespace: str) -> None:
    def everything() -> list[Any]:
        volumes = cluster.get("pv")["items"]
        return [
            lab_docker(lab, "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "control-plane"),
            {node: running(lab, node) for node in ("node-1", "node-2")},
            container_of(cluster, namespace),
            {volume["metadata"]["name"]: volume["metadata"]["resourceVersion"] for volume in volumes},
            (lab.state / "kubeconfig").read_bytes(),
        ]

    lab_command("up").check()  # offers volumes again that tests before have released
    before = everything()

    lab_command("up").check()

    assert everything() == before


@pytest.mark.parametrize("how", ["systemctl restart kubelet", "systemctl kill --signal KILL --kill-whom main kubelet"])
def test_a_kubelet_that_is_started_again_takes_its_pods_over(
    cluster: ClusterAccess, lab: LabAccess, namespace: str, how: str
) -> None:
    container = container_of(cluster, namespace)
    pid = lab.run("node-1", "systemctl show --property MainPID kubelet").check().stdout

    lab.run("node-1", how).check()

    until(
        lambda: lab.run("node-1", "systemctl show --property MainPID kubelet").stdout not in {pid, "MainPID=0\n"}, how
    )
    until(lambda: lab.run("node-1", "systemctl is-active kubelet").stdout == "active\n", "kubelet runs")
    cluster.kubectl("scale", "deploy/steady", "-n", namespace, "--replicas=2").check()
    cluster.kubectl("rollout", "status", "deploy/steady", "-n", namespace, "--timeout=180s").check()
    cluster.kubectl("scale", "deploy/steady", "-n", namespace, "--replicas=1").check()
    until(lambda: len(cluster.get("pods", "-n", namespace)["items"]) == 1, "one pod is left")
    assert node_ready(cluster, "node-1")
    assert container_of(cluster, namespace) == container


def test_the_control_plane_comes_back_with_all_it_knew(cluster: ClusterAccess, lab: LabAccess, namespace: str) -> None:
    container = container_of(cluster, namespace)

    lab_docker(lab, "kill", "control-plane")
    lab_command("up").check()

    assert container_of(cluster, namespace) == container


def test_a_stopped_agent_is_started_by_up_alone_of_all(cluster: ClusterAccess, lab: LabAccess) -> None:
    other = running(lab, "node-2")
    lab.run("node-1", "systemctl stop kube-proxy").check()

    lab_command("up").check()

    assert lab.run("node-1", "systemctl is-active kube-proxy").stdout == "active\n"
    assert running(lab, "node-2") == other


def test_kubelet_changes_no_kernel_value_of_the_machine(cluster: ClusterAccess, lab: LabAccess) -> None:
    def values() -> dict[str, str]:
        return {name: Path(f"/proc/sys/{name}").read_text().strip() for name in KERNEL_VALUES}

    before = values()

    lab.run("node-1", "systemctl restart kubelet").check()
    until(lambda: node_ready(cluster, "node-1"), "node-1 is Ready")

    seen = lab.run("node-1", f"cd /proc/sys && cat {' '.join(KERNEL_VALUES)}").check().stdout.split()
    assert seen == [str(value) for value in KERNEL_VALUES.values()]
    assert values() == before
