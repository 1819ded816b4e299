"""Pods pull from a stack's registry where a namespace has its pull secret, and nowhere else."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.cluster.cluster import kubeconfig
from lab.cluster.kubectl import Kubectl
from lab.errors import PartError
from lab.paths import Paths
from lab.progress import Progress

_POD = "towpath-prove"
_STRANGER = "default"
"""A namespace that no stack of the lab serves."""
_DEADLINE_SECONDS = 180
_POLL_SECONDS = 0.3
_REFUSED = {"ErrImagePull", "ImagePullBackOff"}


@dataclass(frozen=True)
class Served:
    """A namespace that has a pull secret."""

    namespace: str
    secret: str
    nodes: tuple[str, ...] = ()
    """The nodes that the stack set up; the cluster may have others, which do not know the registry."""


def parse_served(outputs: str) -> Served | None:
    """Read the first served namespace from a stack's outputs; None for a stack that serves none."""
    every: dict[str, Any] = json.loads(outputs)
    found: dict[str, Any] | None = every.get("pull_secrets")
    if not found or not found["namespaces"]:
        return None
    return Served(found["namespaces"][0], found["secret"], tuple(every.get("nodes", {})))


def prove_pods(paths: Paths, image: str, served: Served, progress: Progress) -> None:
    """Run the image in the served namespace, and see that it is refused elsewhere. Raises LabError."""
    kubectl = Kubectl(paths.bin / "kubectl", kubeconfig(paths))
    step = progress.step(f"running it as a pod in namespace {served.namespace}")
    with step, _pod(kubectl, served.namespace, image, served) as pod:
        pod.wait(lambda status: status["phase"] == "Succeeded", "ran to its end")
        said = pod.logs()
    progress.say(f"pod in {served.namespace}: {said.strip()}")
    step = progress.step(f"trying it in namespace {_STRANGER}, where no pull secret is")
    with step, _pod(kubectl, _STRANGER, image, served) as pod:
        status = pod.wait(lambda status: _waiting(status) in _REFUSED, "was refused the image")
    progress.say(f"pod in {_STRANGER}: {_waiting(status)}")


@dataclass(frozen=True)
class _Pod:
    kubectl: Kubectl
    namespace: str

    def wait(self, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Return the pod's status once it is so. Raises PartError if that takes too long."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while True:
            status: dict[str, Any] = json.loads(self._kubectl("get", "pod", _POD, "--output", "json"))["status"]
            if holds(status):
                return status
            if time.monotonic() > deadline:
                raise PartError(
                    f"after {_DEADLINE_SECONDS} s no pod of namespace {self.namespace} {what} "
                    f"({_waiting(status) or status['phase']}): look at `kubectl get events -n {self.namespace}`"
                )
            time.sleep(_POLL_SECONDS)

    def logs(self) -> str:
        return self._kubectl("logs", _POD)

    def apply(self, document: dict[str, Any]) -> None:
        self._kubectl("apply", "--filename", "-", stdin=json.dumps(document).encode())

    def delete(self) -> None:
        self._kubectl("delete", "pod", _POD, "--ignore-not-found", "--wait=true", "--grace-period=1")

    def _kubectl(self, *args: str, stdin: bytes | None = None) -> str:
        return self.kubectl("--namespace", self.namespace, *args, stdin=stdin)


@contextmanager
def _pod(kubectl: Kubectl, namespace: str, image: str, served: Served) -> Iterator[_Pod]:
    """Make a pod on a node of the stack that always pulls; it is gone afterwards, and one of an earlier run before."""
    pod = _Pod(kubectl, namespace)
    pod.delete()
    container = {"name": "prove", "image": image, "imagePullPolicy": "Always"}
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "imagePullSecrets": [{"name": served.secret}],
        "containers": [container],
    }
    if served.nodes:
        these = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(served.nodes)}
        required = {"nodeSelectorTerms": [{"matchExpressions": [these]}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    pod.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": _POD}, "spec": spec})
    try:
        yield pod
    finally:
        pod.delete()


def _waiting(status: dict[str, Any]) -> str:
    """Why its container does not run yet, as kubelet puts it."""
    states = [each["state"] for each in status.get("containerStatuses", [])]
    return next((state["waiting"].get("reason", "") for state in states if "waiting" in state), "")
