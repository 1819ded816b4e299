"""A stack whose registry is in the lab's cluster, and clients that trust it and are logged in."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import StackWorkspace, new_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.cluster_access import ClusterAccess

PODS = {
    "image_pull_policy": "Never",
    "resources": {"cpu_request": "", "memory_request": "", "memory_limit": "256Mi"},
    "drain": {"wait_seconds": 2, "timeout_seconds": 10},
}
"""What all Deployments of tests have: the lab's own image, and little to wait for."""


@dataclass
class Pulls:
    """What came of pulls in a loop."""

    done: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DeployedRegistry:
    """A registry of the cluster, its stack, and where it keeps clients' files."""

    cluster: ClusterAccess
    stack: StackWorkspace
    address: str
    """`ADDRESS:PORT` by which this machine reaches it; its certificate must name the address."""
    folder: Path

    @property
    def lab(self) -> LabAccess:
        return self.cluster.lab

    def clients(self) -> LabAccess:
        """A lab shell whose clients are logged in and trust the stack's CA."""
        outputs = self.stack.outputs()
        self.folder.mkdir(exist_ok=True)
        (self.folder / "ca.pem").write_text(outputs["registry"]["ca_pem"])
        trusted = f"{self.lab.env['SSL_CERT_DIR']}:{self.folder}"
        shell = LabAccess({**self.lab.env, "SSL_CERT_DIR": trusted, "DOCKER_CONFIG": str(self.folder)})
        login = outputs["credentials"]["ci"]
        words = ("-u", login["username"], "--password-stdin", self.address)
        shell.crane("auth", "login", *words, stdin=login["password"]).check()
        return shell

    def replica_sets(self, namespace: str) -> set[str]:
        """Names of all roll-outs so far that Kubernetes remembers."""
        return {item["metadata"]["name"] for item in self.cluster.get("replicasets", "-n", namespace)["items"]}

    @contextmanager
    def pulling(self, shell: LabAccess, repository: str) -> Iterator[Pulls]:
        """Pull over and over while the context lasts; at least once after it began to end."""
        pulls, ended = Pulls(), threading.Event()

        def pull() -> None:
            while True:
                last = ended.is_set()
                pulled = shell.crane("pull", f"{self.address}/{repository}", str(self.folder / "pulled.tar"))
                pulls.done += 1
                if pulled.status:
                    pulls.failures.append(pulled.output)
                if last:
                    return

        thread = threading.Thread(target=pull)
        thread.start()
        try:
            yield pulls
        finally:
            ended.set()
            thread.join()


def deployed_stack(cluster: ClusterAccess, folder: Path, port: int) -> StackWorkspace:
    """Make a stack of the lab's nodes that knows the cluster, by a kubeconfig in its own folder; it is not up yet."""
    lab = cluster.lab
    stack = new_stack(lab, folder / "stack", port)
    path = stack.folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text((lab.state / "kubeconfig").read_text())
    stack.configure(cluster={"kubeconfig_file": "kubeconfig"})
    return stack


def pulling_pod(name: str, image: str, secret: str | None) -> dict[str, Any]:
    """Describe a pod on node-2 that runs an image to its end, with a pull secret or none."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": "node-2"},
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": secret}] if secret else [],
            "containers": [{"name": "main", "image": image, "imagePullPolicy": "Always"}],
        },
    }
