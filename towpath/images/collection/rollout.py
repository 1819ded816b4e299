"""Waiting until a Deployment's pods are all of its present template, and none of an earlier one is left."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from towpath.cluster.client import ClusterClient
from towpath.images.collection.errors import CollectionError

POLL_SECONDS = 0.5
_SPARE_SECONDS = 60
_DEFAULT_SECONDS = 600
_ENDED = ("Succeeded", "Failed")

Document = Mapping[str, Any]


class Rollout:
    """The roll-outs of one Deployment."""

    def __init__(self, client: ClusterClient, path: str, step: str) -> None:
        self._client, self._path, self._step = client, path, step

    async def wait(self) -> None:
        """Wait. Raises CollectionError with what keeps the pods from starting, and kinds of ClusterError."""
        began = time.monotonic()
        earlier: str | None = None
        while True:
            deployment = await self._client.get(self._path, f"{self._step}: waiting for its pods")
            pods = await running_pods(self._client, deployment)
            if is_rolled_out(deployment, pods):
                return
            stuck = _stuck_since(deployment)
            earlier = stuck if earlier is None else earlier
            if stuck not in ("", earlier) or time.monotonic() - began > _patience_seconds(deployment):
                raise CollectionError(f"{self._step}: its pods do not come up{_reasons(pods)}")
            await asyncio.sleep(POLL_SECONDS)


async def running_pods(client: ClusterClient, deployment: Document) -> list[dict[str, Any]]:
    """List the pods of a Deployment that have not ended; one that is ending, and may answer still, counts."""
    metadata = deployment["metadata"]
    labels = ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods"
    found = await client.list(path, f"listing the pods of Deployment {metadata['name']}", {"labelSelector": labels})
    return [pod for pod in found if (pod.get("status") or {}).get("phase") not in _ENDED]


def is_rolled_out(deployment: Document, pods: list[dict[str, Any]]) -> bool:
    """Whether every pod is of the present template and answers, and no other is left, not even one that is ending."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    ending = any(pod["metadata"].get("deletionTimestamp") for pod in pods)
    return seen and counts == {wanted} and len(pods) == wanted and not ending


def _stuck_since(deployment: Document) -> str:
    """Return when the cluster said that the pods do not come up; empty: it does not say so.

    It goes on to say so of a roll-out that failed while the next one, back to the template before, is well under way.
    """
    for each in (deployment.get("status") or {}).get("conditions") or []:
        if each.get("type") == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded":
            return str(each.get("lastUpdateTime"))
    return ""


def _patience_seconds(deployment: Document) -> float:
    spec = deployment["spec"]
    ending = spec["template"]["spec"].get("terminationGracePeriodSeconds", 30)
    return float(spec.get("progressDeadlineSeconds", _DEFAULT_SECONDS) + ending + _SPARE_SECONDS)


def _reasons(pods: list[dict[str, Any]]) -> str:
    found = sorted(filter(None, {waiting_reason(pod) for pod in pods}))
    return f": {'; '.join(found)}" if found else ""


def waiting_reason(pod: Document) -> str:
    """Say why a pod does not run, as the cluster does; empty where it says nothing."""
    status = pod.get("status") or {}
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return f"{pod['metadata']['name']}: {waiting['reason']} {waiting.get('message', '')}".strip()
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"{pod['metadata']['name']}: {condition.get('message', 'it finds no node')}"
    return ""
