"""A registry that is a Deployment: every step by the Kubernetes API, and a sweep by a Job beside its pods."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from towpath.cluster.client import APPLY, Call, ClusterClient
from towpath.cluster.errors import ClusterError, NotFoundError
from towpath.images.collection.collector_job import claim_of, collector_job, registry_container
from towpath.images.collection.collector_run import CollectorRuns
from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.lease import Lease
from towpath.images.collection.report import CollectorError, last_lines
from towpath.images.collection.rollout import Rollout, running_pods
from towpath.images.collection.shared_cache import SharedCache
from towpath.images.collection.write_lock import MANAGER, holder_of, locked, unlocked
from towpath.images.mirror.room import StorageFolder
from towpath.registry_client.retry import Retry

_SHARED, _ONE_POD = "ReadWriteMany", "ReadWriteOncePod"


class DeploymentSite:
    """Opened by `deployment_site`; `recovered` says whether it had to put the registry back first."""

    def __init__(
        self,
        client: ClusterClient,
        place: RegistryDeploymentPlace,
        lease: Lease,
        timeout_seconds: int,
        cache: SharedCache | None = None,
        folder: StorageFolder | None = None,
    ) -> None:
        self._client, self._place, self._lease = client, place, lease
        self._cache, self._folder = cache, folder
        self._timeout_seconds = timeout_seconds
        self._path = deployment_path(place)
        self._step = f"Deployment {place.name} in namespace {place.namespace}"
        self._runs = CollectorRuns(client, place.namespace, place.name)
        self._rollout = Rollout(client, self._path, self._step)
        self._locked = False
        self.recovered = False

    async def begin(self) -> None:
        """Put back what an interrupted collection left. Raises CollectionError and kinds of ClusterError."""
        deployment = await self._deployment()
        registry_container(deployment)
        if holder_of(deployment) is not None:
            self._locked = True
            await self.thaw()
            self.recovered = True

    async def end(self) -> None:
        """Put back what a failure left, if it can be, and take away the collector's Jobs."""
        if self._locked:
            await self.thaw()
        else:
            with suppress(ClusterError, CollectionError):
                await self._own()
                await self._runs.remove()

    async def dry_run(self) -> str:
        """Run the collector beside the registry, with a volume of images mounted read-only."""
        said, _ = await self._collector(dry_run=True)
        return said

    async def freeze(self) -> None:
        """Replace the pods by read-only ones; none that takes writes is left, not even one that is ending."""
        if self._cache:
            await self._cache.check()
        await self._own()
        self._locked = True
        await self._apply(locked(self._place.namespace, self._place.name, self._lease.holder), "making read-only")
        await self._rollout.wait()

    async def weigh(self) -> int | None:
        """Measure a node's folder by `du`; None for a claim or a bucket: the server's image has no `du`.

        Raises SshError.
        """
        return await self._folder.used_bytes() if self._folder else None

    async def collect(self) -> str:
        """Mark and sweep. Raises CollectorError if it failed in the middle."""
        said, succeeded = await self._collector(dry_run=False)
        if not succeeded:
            raise CollectorError(f"the collector failed while it swept; it said last: {last_lines(said)}")
        return said

    async def thaw(self) -> None:
        """End a sweep that still runs, empty the shared cache, and replace the pods by such as take writes.

        In this order: a write during a sweep is lost, and so is one that the cache says is there already. Who was taken
        over ends no sweep of the other, nor its read-only time.
        """
        await self._own()
        await self._runs.remove()
        if not self._locked:
            return
        if self._cache:
            await self._cache.flush()
        await self._own()
        await self._apply(unlocked(self._place.namespace, self._place.name), "taking writes again")
        await self._rollout.wait()
        self._locked = False

    async def _collector(self, *, dry_run: bool) -> tuple[str, bool]:
        await self._own()
        deployment = await self._deployment()
        node = await self._only_node(deployment)
        name = f"{self._place.name[:30]}-collector-{time.time_ns():x}"
        job = collector_job(deployment, name, dry_run=dry_run, seconds=self._timeout_seconds, node=node)
        return await self._runs.run(job, self._timeout_seconds)

    async def _only_node(self, deployment: dict[str, Any]) -> str | None:
        """Return where a volume of one node is mounted; None where every node can have the images."""
        claim = claim_of(deployment)
        if claim is None:
            return None
        path = f"/api/v1/namespaces/{self._place.namespace}/persistentvolumeclaims/{claim}"
        modes = (await self._client.get(path, f"reading claim {claim}"))["spec"].get("accessModes") or []
        if _SHARED in modes:
            return None
        if modes == [_ONE_POD]:
            raise CollectionError(
                f"claim {claim} is {_ONE_POD}, so that no collector can run beside the registry; "
                "take a claim that is ReadWriteOnce"
            )
        pods = await running_pods(self._client, deployment)
        nodes = [str(pod["spec"]["nodeName"]) for pod in pods if pod["spec"].get("nodeName")]
        return nodes[0] if nodes else None

    async def _apply(self, document: dict[str, Any], doing: str) -> None:
        # What is applied here nobody else has: a conflict is somebody's own variable of that name, and is an error.
        query = {"fieldManager": MANAGER, "force": "false"}
        await self._client.send(Call("PATCH", self._path, f"{self._step}: {doing}", query, document, APPLY))

    async def _own(self) -> None:
        if not await self._lease.is_ours():
            raise CollectionError("another collection has taken over, since this one was not heard of for a while")

    async def _deployment(self) -> dict[str, Any]:
        return await self._client.get(self._path, f"reading {self._step}")


def deployment_path(place: RegistryDeploymentPlace) -> str:
    """Return where the API server has the Deployment."""
    return f"/apis/apps/v1/namespaces/{place.namespace}/deployments/{place.name}"


@asynccontextmanager
async def deployment_site(
    way: DeploymentWay, place: RegistryDeploymentPlace, timeout_seconds: int, tell: Callable[[str], None]
) -> AsyncIterator[DeploymentSite]:
    """Hold a Deployment for a collection; at the end its registry is as it was.

    Raises CollectionError, kinds of ClusterError, KubeconfigError, and SshError where a machine leads there.
    """
    async with way.cluster.client() as client:
        lease = Lease(client, place.namespace, place.name)
        async with lease.held(tell):
            site = DeploymentSite(client, place, lease, timeout_seconds, way.cache, way.folder)
            await site.begin()
            try:
                yield site
            finally:
                await asyncio.shield(site.end())


async def put_back(way: DeploymentWay, place: RegistryDeploymentPlace, tell: Callable[[str], None]) -> bool:
    """Make a registry take writes again that an interrupted collection left read-only; return whether one had.

    Without one, or without the Deployment, one question is asked and nothing is changed. Raises as `deployment_site`.
    """
    async with way.cluster.client(retry=Retry(attempts=2)) as client:
        try:
            deployment = await client.get(deployment_path(place), "looking for an interrupted collection")
        except NotFoundError:
            return False
    if holder_of(deployment) is None:
        return False
    async with deployment_site(way, place, 60, tell) as site:
        return site.recovered
