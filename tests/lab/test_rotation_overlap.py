"""Rotation with an overlap in one `up`: pods that pull in a loop never fail, and then the old password is refused."""

import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import pytest

from tests.lab.cluster_access import ClusterAccess, until
from tests.lab.lab_access import LabAccess
from tests.lab.node_access import NodeAccess, stack_on
from tests.lab.stack_workspace import StackWorkspace
from tests.lab.test_credential_provider_pods import push

LOG = logging.getLogger(__name__)
PORT = 6032
WORKERS = 3
REFUSED = ("ErrImagePull", "ImagePullBackOff")


@dataclass
class PullingPods:
    """Pods that are made one after another by several threads, each of which pulls by the namespace's pull secret."""

    cluster: ClusterAccess
    namespace: str
    node: str
    image: str
    succeeded: int = 0
    problems: list[str] = field(default_factory=list)
    too_early: set[str] = field(default_factory=set)
    """Pods whose kubelet says that it did not have the Secret yet: on a busy machine it waits a second for it."""
    stopped: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(WORKERS)]
        for thread in self.threads:
            thread.start()
        try:
            self.until(lambda: self.succeeded >= WORKERS or bool(self.problems), "the first pods ran")
        except BaseException:
            self.stopped.set()
            raise
        return self

    def until(self, condition: Callable[[], bool], what: str) -> None:
        self.cluster.until(condition, what, self.namespace)

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def work(self, worker: int) -> None:
        for turn in itertools.count():
            if self.stopped.is_set() or self.problems:
                return
            self.run(f"pull-{worker}-{turn}")

    def run(self, name: str) -> None:
        """Run one pod to its end; what went wrong stands in `problems`."""
        container = {"name": "hello", "image": self.image, "imagePullPolicy": "Always"}
        spec: dict[str, Any] = {"nodeName": self.node, "restartPolicy": "Never", "containers": [container]}
        spec["imagePullSecrets"] = [{"name": "regcred"}]
        self.cluster.apply(
            self.namespace, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        )
        path = "jsonpath={.status.phase} {.status.containerStatuses[0].state.waiting.reason}"
        seen: list[str] = []

        def ended() -> bool:
            seen.append(self.cluster.kubectl("get", "pod", name, "-n", self.namespace, "-o", path).stdout)
            return seen[-1].startswith("Succeeded") or any(reason in seen[-1] for reason in REFUSED)

        self.until(ended, f"{name} ended")
        if seen[-1].startswith("Succeeded"):
            self.succeeded += 1
            return
        self.until(lambda: name in self.told("Failed"), f"{name}: the failure is told")
        if name in self.told("FailedToRetrieveImagePullSecret"):
            self.too_early.add(name)
        else:
            self.problems.append(f"{name}: {seen[-1]}")

    def told(self, reason: str) -> set[str]:
        """Return the pods of which kubelet said something for that reason; what it says of one comes in order."""
        events = self.cluster.get("events", "-n", self.namespace, "--field-selector", f"reason={reason}")["items"]
        return {each["involvedObject"]["name"] for each in events}

    def secret(self) -> str:
        """Return what identifies the pull secret as long as it is never deleted."""
        uid: str = self.cluster.get("secret", "regcred", "-n", self.namespace)["metadata"]["uid"]
        return uid


@pytest.fixture
def namespace(cluster: ClusterAccess) -> Iterator[str]:
    with cluster.namespace() as name:
        until(lambda: cluster.kubectl("get", "sa", "default", "-n", name).status == 0, "the service account is there")
        yield name


def status(stack: StackWorkspace, login: dict[str, str]) -> int:
    """Answer of the registry's API to a login."""
    outputs = stack.outputs()
    with httpx.Client(verify=stack.trust(outputs), trust_env=False, timeout=60) as client:
        return client.get(f"{outputs['registry']['url']}/v2/", auth=(login["username"], login["password"])).status_code


def test_pods_pull_all_through_a_rotation_and_the_old_password_ends_with_it(
    lab: LabAccess,
    cluster: ClusterAccess,
    spare_nodes: tuple[NodeAccess, NodeAccess],
    namespace: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = spare_nodes[0]
    stack = stack_on(lab, [node], tmp_path_factory.mktemp("overlap"), PORT)
    stack.configure(
        cluster={"kubeconfig_file": str(lab.state / "kubeconfig")}, namespaces={"rules": [{"names": [namespace]}]}
    )
    try:
        stack.up().ok()
        image = push(stack, node)
        old = stack.outputs()["credentials"]["team-a"]
        with PullingPods(cluster, namespace, node.name, image) as pods:
            before, secret = pods.succeeded, pods.secret()
            withdrawn = {"name": "team-a", "rotation": 2, "keep_previous": False}
            stack.configure(accounts=[{"name": "ci", "role": "push"}, withdrawn])
            stack.up().ok()
            during = pods.succeeded - before
            pods.until(lambda: pods.succeeded >= before + during + WORKERS or bool(pods.problems), "pods ran after it")
            assert pods.secret() == secret
        new = stack.outputs()["credentials"]["team-a"]
        failed = pods.told("Failed") - pods.too_early
        LOG.info("%d pulls, %d of them during the rotation, %d failed", pods.succeeded, during, len(pods.problems))
        assert (pods.problems, failed) == ([], set())
        assert during > 0
        assert new["username"] == "team-a.2"
        assert [status(stack, login) for login in (old, new)] == [401, 200]
        stack.preview("--expect-no-changes").ok()
    finally:
        stack.destroy().ok()
