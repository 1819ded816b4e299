"""An API server that knows one registry's Deployment, Jobs, pods, a claim and a Lease, for tests of collections.

It keeps who owns which field as far as a collection cares: what our field manager applied beside the stack's own.
"""

import copy
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.unit.deployment_settings import stack
from towpath.cluster.client import ClusterClient
from towpath.cluster.transport import Limits
from towpath.images.collection.write_lock import MANAGER, VARIABLE
from towpath.registry.deployment.workload import workload
from towpath.registry_client.retry import Retry

SAID = "1 blobs marked, 2 blobs and 1 manifests eligible for deletion\n"


class Nobody:
    """Credentials that are none."""

    renewable = False

    def headers(self) -> dict[str, str]:
        return {}


@dataclass
class FakeCluster:
    """`settings` are of the Deployment. As a transport of a `ClusterClient` it answers each request at once."""

    settings: dict[str, Any] = field(default_factory=lambda: {"storage": {"volume": {"node": "a", "folder": "/data"}}})
    access_modes: list[str] = field(default_factory=lambda: ["ReadWriteOnce"])
    job_fails: bool = False
    said: str = SAID
    stuck: bool = False
    """Whether a read-only pod never comes up."""
    lingering: int = 2
    """For how many questions a pod that was replaced is ending still."""
    running: int = 0
    """For how many questions a Job has not ended yet."""
    unheard: int = 0
    """For how many questions the kubelet does not know the collector's pod."""
    log: list[str] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    ran: list[dict[str, Any]] = field(default_factory=list)
    lease: dict[str, Any] | None = None
    gone: bool = False

    def __post_init__(self) -> None:
        found = stack(self.settings)
        assert found.deployment
        rendered = workload(found.registry, found.deployment, {"checksum.towpath.dev/config": "0"})
        self.original: dict[str, Any] = json.loads(json.dumps(rendered))
        self.original["metadata"]["uid"] = "the-uid"
        self.applied: dict[str, Any] = {}
        self.generation = 1
        self._ending = 0
        self._stuck_for = 0
        self._versions = itertools.count(1)

    @property
    def read_only(self) -> bool:
        return bool(self.applied.get("spec"))

    def client(self) -> ClusterClient:
        return ClusterClient("https://fake", Nobody(), self, Limits(), Retry(attempts=1))  # type: ignore[arg-type]

    def deployment(self) -> dict[str, Any]:
        """The live object: the stack's fields, and ours beside them."""
        live = copy.deepcopy(self.original)
        live["metadata"]["generation"] = self.generation
        live["metadata"].setdefault("annotations", {}).update(self.applied.get("metadata", {}).get("annotations", {}))
        if self.read_only:
            (ours,) = self.applied["spec"]["template"]["spec"]["containers"]
            live["spec"]["template"]["spec"]["containers"][0]["env"] += ours["env"]
        replicas = live["spec"]["replicas"]
        up = 0 if self.stuck and self.read_only else replicas
        status: dict[str, Any] = {"observedGeneration": self.generation, "replicas": replicas}
        status |= {"updatedReplicas": replicas, "availableReplicas": up}
        if up != replicas:
            self._stuck_for += 1
        if self._stuck_for > 2:
            # It stays when the template before is back, as a real cluster's does until all pods answer.
            said = {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}
            status["conditions"] = [said | {"lastUpdateTime": "2026-01-01T00:00:00Z"}]
        return live | {"status": status}

    def pods(self) -> list[dict[str, Any]]:
        found = [_pod(f"registry-{number}") for number in range(self.original["spec"]["replicas"])]
        if self._ending:
            self._ending -= 1
            ending = _pod("registry-old")
            ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            found.append(ending)
        return found

    async def aclose(self) -> None:
        return

    async def send(
        self, method: str, target: str, _headers: Mapping[str, str], content: bytes | None, _step: str
    ) -> httpx.Response:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        answer = self._answer(method, parts.path, query, json.loads(content) if content else None)
        if isinstance(answer, str):
            return httpx.Response(200, text=answer)
        return httpx.Response(200, json=answer) if answer is not None else httpx.Response(404, json={"message": "no"})

    def _answer(self, method: str, path: str, query: Mapping[str, str], document: Any) -> dict[str, Any] | str | None:
        kind, _, name = path.partition("/namespaces/registry/")[2].partition("/")
        others: dict[str, Callable[[], dict[str, Any] | None]] = {
            "deployments": lambda: self._of_deployment(method, query, document),
            "leases": lambda: self._of_lease(method, document),
            "jobs": lambda: self._of_jobs(method, name, document),
            "persistentvolumeclaims": lambda: {"spec": {"accessModes": self.access_modes}},
        }
        if kind in others:
            return others[kind]()
        if name.endswith("/log"):
            if self.unheard:
                self.unheard -= 1
                return None
            lines = enumerate(self.said.splitlines())
            return "".join(f"2026-01-01T00:00:00.{number:09}Z {line}\n" for number, line in lines)
        wanted = query["labelSelector"]
        if wanted.startswith(("job-name=", "app.kubernetes.io/component=")):
            return {"items": [_pod(each) for each in self.jobs]}
        return {"items": self.pods()}

    def _of_deployment(self, method: str, query: Mapping[str, str], document: Any) -> dict[str, Any] | None:
        if self.gone:
            return None
        if method == "PATCH":
            assert query["fieldManager"] == MANAGER
            assert query["force"] == "false"
            was, self.applied = self.read_only, document
            if was != self.read_only:
                self.log.append("read-only" if self.read_only else "writable")
                self.generation += 1
                self._ending = self.lingering
        return self.deployment()

    def _of_jobs(self, method: str, name: str, document: Any) -> Any:
        if method == "POST":
            mode = (
                "dry run" if "--dry-run" in document["spec"]["template"]["spec"]["containers"][0]["args"] else "sweep"
            )
            self.log.append(mode)
            assert mode == "dry run" or (self.read_only and not self._ending), "a sweep while writes are taken"
            self.jobs[document["metadata"]["name"]] = document
            self.ran.append(document)
            return document
        if method == "DELETE":
            self.log.append("job removed")
            return self.jobs.pop(name, None)
        if name and self.running:
            self.running -= 1
            return self.jobs.get(name)
        if name:
            condition = {"type": "Failed" if self.job_fails else "Complete", "status": "True"}
            return {**self.jobs[name], "status": {"conditions": [condition]}} if name in self.jobs else None
        return {"items": list(self.jobs.values())}

    def _of_lease(self, method: str, document: Any) -> Any:
        if method in ("POST", "PUT"):
            document["metadata"]["resourceVersion"] = str(next(self._versions))
            self.lease = document
            return document
        found = self.lease
        if method == "DELETE":
            self.lease = None
            self.log.append("lease given up")
        return found


def variable(deployment: Mapping[str, Any]) -> str | None:
    """Return what makes the pods read-only."""
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    return next((each["value"] for each in env if each["name"] == VARIABLE), None)


def _pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"nodeName": "a"}, "status": {"phase": "Running"}}
