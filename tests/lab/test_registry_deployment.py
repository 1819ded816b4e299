"""The registry moves from a container into the cluster with its images, and serves real kubelets from there."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.deployed_collection import LAYER, DeployedCollection
from tests.lab.deployment_access import PODS, DeployedRegistry, Pulls, deployed_stack, pulling_pod
from tests.lab.lab_access import LabAccess

NAMESPACE = "a-registry"
NAME = "registry-a.towpath.test"
PORT = 30520
"""A container may have a node port's number: then image references stay as they are."""
ADDRESS = f"10.89.0.11:{PORT}"
FOLDER = f"/data/registry-{PORT}"
CONTAINER = f"registry-{PORT}"
REPOSITORY = "team/hello:1"
DEPLOYMENT = {
    **PODS,
    "drain": {"wait_seconds": 5, "timeout_seconds": 10},
    "namespace": NAMESPACE,
    "exposure": {"port": PORT},
    "storage": {"volume": {"node": "node-1", "folder": FOLDER}},
    "network_policy": {"from_cidrs": ["10.0.0.0/8"]},
}


@dataclass(frozen=True)
class Moved:
    """A registry that was a container and is a Deployment."""

    registry: DeployedRegistry
    digest_before: str
    pulls: Pulls
    shell: LabAccess


@pytest.fixture(scope="module")
def moved(cluster: ClusterAccess, lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("moved")
    stack = deployed_stack(cluster, folder, PORT)
    stack.change("registry", host=NAME, certificate={"sans": ["10.89.0.11"]})
    registry = DeployedRegistry(cluster, stack, ADDRESS, folder / "clients")
    try:
        stack.up().ok()
        shell = registry.clients()
        shell.crane("push", str(lab.image_archive("hello")), f"{ADDRESS}/{REPOSITORY}").check()
        digest = shell.crane("digest", f"{ADDRESS}/{REPOSITORY}").check().stdout
        stack.change("registry", kind="deployment", deployment=DEPLOYMENT)
        with registry.pulling(shell, REPOSITORY) as pulls:
            stack.up().ok()
        yield Moved(registry, digest, pulls, shell)
    finally:
        stack.destroy("--continue-on-error")
        lab.run("node-1", f"rm -rf {FOLDER}")


def test_images_are_where_they_were_and_could_be_pulled_on_the_way(moved: Moved, lab: LabAccess) -> None:
    pulled = moved.shell.crane("digest", f"{ADDRESS}/{REPOSITORY}").check().stdout

    assert pulled == moved.digest_before
    assert moved.pulls.done > 5
    # One at a time pulls, and only whoever is connected to the container as it is removed may be cut off.
    assert len(moved.pulls.failures) <= 1, moved.pulls.failures
    assert CONTAINER not in lab.docker("ps", "--all", "--format", "{{.Names}}").check().stdout
    assert "docker" in lab.run("node-1", f"ls {FOLDER}").check().stdout
    assert moved.registry.stack.outputs()["registry"]["host"] == f"{NAME}:{PORT}"


def test_pods_pull_by_its_stable_name_with_a_secret_and_not_without(moved: Moved, cluster: ClusterAccess) -> None:
    image = f"{NAME}:{PORT}/{REPOSITORY}"
    login = moved.registry.stack.outputs()["credentials"]["team-a"]
    auth = base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()
    config = json.dumps({"auths": {f"{NAME}:{PORT}": {"auth": auth}}})
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "regcred"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": config},
    }
    with cluster.namespace() as namespace:
        cluster.apply(namespace, secret, pulling_pod("with", image, "regcred"), pulling_pod("without", image, None))
        until(lambda: _phase(cluster, namespace, "with") == "Succeeded", "the pod with the secret has run")
        until(lambda: "ImagePull" in _waits_for(cluster, namespace, "without"), "the other does not get its image")
        said = cluster.kubectl("logs", "-n", namespace, "with").check().stdout
    assert "hello from towpath" in said


def test_clients_push_and_pull_with_tls_verified(moved: Moved, lab: LabAccess, tmp_path: Path) -> None:
    reference = f"{ADDRESS}/team/pushed:1"
    moved.shell.crane("push", str(lab.image_archive("hello")), reference).check()
    moved.shell.crane("pull", reference, str(tmp_path / "pulled.tar")).check()

    untrusting = LabAccess({**moved.shell.env, "SSL_CERT_DIR": lab.env["SSL_CERT_DIR"]})
    assert "unknown authority" in untrusting.crane("catalog", ADDRESS).output
    stranger = LabAccess({**moved.shell.env, "DOCKER_CONFIG": str(tmp_path)})
    assert "UNAUTHORIZED" in stranger.crane("catalog", ADDRESS).output


def test_the_server_has_no_rights(moved: Moved, lab: LabAccess) -> None:
    # A node may run more registries; in this one's network no other has the pod's address.
    pod = moved.registry.cluster.get("pods", "-n", NAMESPACE)["items"][0]["status"]["podIP"]
    its_own = f"grep -qw '{pod}' /proc/$p/net/fib_trie && cat /proc/$p/status /proc/$p/mounts"
    script = f"for p in $(pgrep -x registry); do {its_own}; done; true"
    status = lab.run("node-1", script).check().stdout

    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert facts["Uid"].split() == ["10001"] * 4
    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"
    root = next(line for line in status.splitlines() if line.split()[1:2] == ["/"])
    assert "ro" in root.split()[3].split(",")
    assert "/var/run/secrets/kubernetes.io" not in status


def test_nothing_changes_without_a_change(moved: Moved) -> None:
    moved.registry.stack.preview("--expect-no-changes").ok()
    moved.registry.stack.refresh("--expect-no-changes").ok()


def test_it_is_rolled_out_once_for_what_it_reads_and_nothing_secret_is_shown(moved: Moved) -> None:
    stack, registry = moved.registry.stack, moved.registry
    before = registry.replica_sets(NAMESPACE)
    stack.change("registry", log={"level": "warn"})
    stack.configure(accounts=[{"name": "ci", "role": "push", "rotation": 2}, {"name": "team-a"}])
    shown = stack.preview().ok().output + stack.up("--diff").ok().output

    assert "checksum.towpath.dev/config" in shown
    assert "checksum.towpath.dev/htpasswd" in shown
    assert len(registry.replica_sets(NAMESPACE) - before) == 1
    registry.clients().crane("catalog", ADDRESS).check()
    stored = json.dumps(stack.export())
    login = stack.outputs()["credentials"]["ci"]
    for text in (shown, stored):
        assert login["password"] not in text
        assert "$2b$" not in text
        assert "PRIVATE KEY-----" not in text


def test_it_is_not_rolled_out_for_what_only_a_container_has(moved: Moved) -> None:
    stack = moved.registry.stack
    stack.change("registry", log={**stack.settings["registry"].get("log", {}), "max_files": 7}, container="another")
    stack.preview("--expect-no-changes").ok()


def test_no_pull_fails_while_the_nodes_folder_is_swept(moved: Moved, lab: LabAccess) -> None:
    """A new pod comes before the old one goes: both are on the node that has the folder."""
    swept, sizes = DeployedCollection(moved.registry, NAMESPACE), f"find {FOLDER} -type f -printf '%s\\n'"
    asyncio.run(swept.fill("app"))
    kept = swept.kept()
    assert str(len(LAYER)) in lab.run("node-1", sizes).check().stdout.split()

    with moved.registry.pulling(moved.registry.clients(), REPOSITORY) as pulls:
        said = swept.collect()

    assert said.startswith("swept: ")
    assert " MB freed" in said or " kB freed" in said
    assert pulls.failures == []
    assert str(len(LAYER)) not in lab.run("node-1", sizes).check().stdout.split()
    assert swept.kept() == kept
    moved.registry.stack.refresh("--expect-no-changes").ok()
    asyncio.run(swept.serves("app"))


def test_a_destroy_leaves_the_images_alone(moved: Moved, cluster: ClusterAccess, lab: LabAccess) -> None:
    moved.registry.stack.destroy().ok()

    assert cluster.kubectl("get", "namespace", NAMESPACE).status != 0
    assert NAMESPACE not in cluster.kubectl("get", "persistentvolumes", "--output", "name").check().stdout
    assert lab.run("node-1", f"ls -A {FOLDER}").check().stdout.split() == ["docker"]
    assert NAME not in lab.run("node-2", "cat /etc/hosts").check().stdout


def _phase(cluster: ClusterAccess, namespace: str, pod: str) -> str:
    return str(cluster.get("pod", pod, "-n", namespace)["status"]["phase"])


def _waits_for(cluster: ClusterAccess, namespace: str, pod: str) -> str:
    """Return the reason for which the pod's container waits."""
    states = cluster.get("pod", pod, "-n", namespace)["status"].get("containerStatuses", [])
    return " ".join(state["state"].get("waiting", {}).get("reason", "") for state in states)
