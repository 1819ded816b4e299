"""Runs collector Jobs and reads what they print."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from towpath.cluster.client import Call, ClusterClient
from towpath.cluster.errors import NotFoundError, RefusedError
from towpath.images.collection.collector_job import COLLECTOR, CONTAINER
from towpath.images.collection.pod_log import PodLog
from towpath.images.collection.report import CollectorError
from towpath.images.collection.rollout import waiting_reason
from towpath.images.collection.write_lock import MANAGER

START_SECONDS = 180
"""How long its pod may take to start: it may have to wait for a volume."""
_END_SECONDS = 120
_SPARE_SECONDS = 60
LOG_SECONDS = 30
"""How long a kubelet may take to find the log of a pod that has ended."""
POLL_SECONDS = 0.5


class CollectorRuns:
    """The Jobs of one Deployment."""

    def __init__(self, client: ClusterClient, namespace: str, name: str) -> None:
        self._client = client
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._ours = {"labelSelector": f"{COLLECTOR}={name}"}

    async def run(self, job: dict[str, Any], seconds: int) -> tuple[str, bool]:
        """Run a Job to its end; return what it printed, and whether it succeeded. It is removed afterwards.

        Raises CollectorError where it does not start or end in time, and kinds of ClusterError.
        """
        name = job["metadata"]["name"]
        await self._client.send(
            Call("POST", self._jobs, f"starting the collector, Job {name}", {"fieldManager": MANAGER}, job)
        )
        logs: dict[str, PodLog] = {}
        succeeded = await self._ended(name, seconds, logs)
        await self._read_rest(name, logs)
        await self.remove()
        return "".join(log.text for log in logs.values()), succeeded

    async def remove(self) -> None:
        """End every collector that runs, and wait until its pod is gone. Raises CollectorError and ClusterError."""
        began = time.monotonic()
        asked: set[str] = set()
        while True:
            jobs = await self._client.list(self._jobs, "listing the collector's Jobs", self._ours)
            pods = await self._client.list(self._pods, "listing the collector's pods", self._ours)
            if not jobs and not pods:
                return
            for name in {job["metadata"]["name"] for job in jobs} - asked:
                await self._delete(name)
                asked.add(name)
            if time.monotonic() - began > _END_SECONDS:
                raise CollectorError(f"the collector's pod has not ended for {_END_SECONDS} s; is its node alive?")
            await asyncio.sleep(POLL_SECONDS)

    async def _delete(self, name: str) -> None:
        query = {"propagationPolicy": "Foreground"}
        try:
            await self._client.send(Call("DELETE", f"{self._jobs}/{name}", f"removing Job {name}", query))
        except NotFoundError:
            return

    async def _ended(self, name: str, seconds: int, logs: dict[str, PodLog]) -> bool:
        began = time.monotonic()
        while True:
            job = await self._client.get(f"{self._jobs}/{name}", f"waiting for the collector, Job {name}")
            conditions = {
                each["type"]: each
                for each in (job.get("status") or {}).get("conditions") or []
                if each.get("status") == "True"
            }
            if "Complete" in conditions:
                return True
            if failed := conditions.get("Failed"):
                if failed.get("reason") == "DeadlineExceeded":
                    raise CollectorError(f"the collector did not end in {seconds} s and was stopped")
                return False
            await self._check_start(name, time.monotonic() - began)
            # No container has begun, or the node's kubelet has not heard of the pod yet.
            with suppress(RefusedError, NotFoundError):
                await self._read(name, logs)
            if time.monotonic() - began > seconds + _SPARE_SECONDS:
                raise CollectorError(f"the collector did not end in {seconds} s")
            await asyncio.sleep(POLL_SECONDS)

    async def _check_start(self, name: str, waited_seconds: float) -> None:
        if waited_seconds < START_SECONDS:
            return
        for pod in await self._pods_of(name):
            if (pod.get("status") or {}).get("phase") == "Pending":
                why = waiting_reason(pod)
                raise CollectorError(f"the collector's pod has not started for {START_SECONDS} s{why and f': {why}'}")

    async def _read_rest(self, name: str, logs: dict[str, PodLog]) -> None:
        """Read what is left. A kubelet that is busy may not find a log for a moment."""
        began = time.monotonic()
        while True:
            try:
                await self._read(name, logs)
            except NotFoundError:
                if time.monotonic() - began > LOG_SECONDS:
                    raise
            else:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _read(self, name: str, logs: dict[str, PodLog]) -> None:
        for pod in await self._pods_of(name):
            its = pod["metadata"]["name"]
            await logs.setdefault(its, PodLog(self._client, self._pods, its, CONTAINER)).read()

    async def _pods_of(self, name: str) -> list[dict[str, Any]]:
        query = {"labelSelector": f"job-name={name}"}
        return await self._client.list(self._pods, f"listing the pods of Job {name}", query)
