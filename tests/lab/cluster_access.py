"""Access to the lab's cluster for tests: kubectl, a namespace of one's own, the registry image imported on a node."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.lab_access import LabAccess, Result, finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

API_SERVER = "https://10.89.0.5:6443"
REGISTRY_IMAGE = "docker.io/library/registry:3"
REGISTRY_PORT = 5000
DEADLINE_SECONDS = 180
"""Back-offs of kubelets add up to a minute and more on a machine that is busy."""

_STATES = r'{range .items[*]}{.metadata.name}: {.status.conditions} {.status.containerStatuses[*].state}{"\n"}{end}'


@dataclass(frozen=True)
class ClusterAccess:
    """The cluster of the running lab."""

    lab: LabAccess

    def kubectl(self, *args: str, stdin: str | None = None, kubeconfig: Path | None = None) -> Result:
        """Run kubectl on this machine, as the administrator unless given somebody else's kubeconfig."""
        whose = {} if kubeconfig is None else {"KUBECONFIG": str(kubeconfig)}
        return finished(["kubectl", *args], stdin, {**self.lab.env, **whose})

    def get(self, *args: str) -> dict[str, Any]:
        """Return the object, or the list, that `kubectl get ARGS` finds."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *args, "--output", "json").check().stdout)
        return found

    def apply(self, namespace: str, *objects: dict[str, Any]) -> None:
        """Apply objects to a namespace."""
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=document).check()

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """Make a namespace with a name of its own, and delete it with all that is in it."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name).check()
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=true", "--timeout=180s").check()

    def until(self, condition: Callable[[], object], what: str, namespace: str) -> None:
        """Wait until something holds; fail the test if it does not in time, with what happened in the namespace."""
        until(condition, what, lambda: self.story(namespace))

    def story(self, namespace: str) -> str:
        """Tell how the pods of a namespace are and what happened to them, in the order of time."""
        pods = self.kubectl("get", "pods", "-n", namespace, "--output", "wide")
        states = self.kubectl("get", "pods", "-n", namespace, "--output", f"jsonpath={_STATES}")
        events = self.kubectl("get", "events", "-n", namespace, "--sort-by=.metadata.creationTimestamp")
        return "\n".join(each.output for each in (pods, states, events))

    def import_registry_image(self) -> None:
        """Give containerd on node-1 the image that node-1's Docker has: nothing is pulled."""
        self.lab.run("node-1", "docker save registry:3 | ctr --namespace k8s.io images import -").check()


def until(condition: Callable[[], object], what: str, story: Callable[[], str] = str) -> None:
    """Wait until something holds; fail the test if it does not in time, with what `story` can tell about it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"after {DEADLINE_SECONDS} s still not: {what}\n{story()}"
        time.sleep(0.2)


def only_on(*nodes: str) -> dict[str, Any]:
    """Return a pod's affinity to these nodes: the cluster may have more, which the test's stack does not set up."""
    these = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(nodes)}
    required = {"nodeSelectorTerms": [{"matchExpressions": [these]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def registry_objects(name: str, node_port: int, claim: str | None = None) -> list[dict[str, Any]]:
    """Describe a plain registry on node-1 behind a NodePort, not root, with a claim's volume or an empty one."""
    source = {"emptyDir": {}} if claim is None else {"persistentVolumeClaim": {"claimName": claim}}
    pod = {
        "nodeSelector": {"kubernetes.io/hostname": "node-1"},
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000},
        "terminationGracePeriodSeconds": 1,
        "volumes": [{"name": "data", **source}],
        "containers": [
            {
                "name": "registry",
                "image": REGISTRY_IMAGE,
                "imagePullPolicy": "Never",
                "volumeMounts": [{"name": "data", "mountPath": "/var/lib/registry"}],
                "readinessProbe": {"httpGet": {"path": "/v2/", "port": REGISTRY_PORT}, "periodSeconds": 1},
            }
        ],
    }
    labels = {"app": name}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "NodePort",
            "selector": labels,
            "ports": [{"port": REGISTRY_PORT, "nodePort": node_port}],
        },
    }
    return [deployment, service]
