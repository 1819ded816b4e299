"""A registry in the lab's cluster as the place of collections: filled, swept, and what must not change of it."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.lab.cluster_access import until
from tests.lab.deployment_access import DeployedRegistry
from tests.lab.stack_workspace import CHECKOUT
from tests.lab.test_garbage_collection_program import by_hand
from tests.lab.test_registry_client_collection import pulls_completely
from tests.lab.test_registry_client_real import push_image
from towpath.access.registry_access import RegistryAccess
from towpath.cluster.access import ClusterAccess
from towpath.images.collection.collect import Collected, collect
from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace
from towpath.images.collection.deployment_site import deployment_site
from towpath.images.collection.write_lock import holder_of
from towpath.registry_client import manifest
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.retry import Retry
from towpath.registry_client.transport import Limits

LAYER = b"a layer that nobody else has" * 20000
CANARY = "towpath/canary"
_SECONDS = 300


def _silent(_: str) -> None:
    return


@dataclass
class ImpatientPulls:
    """What came of pulls that try once, and for how long none succeeded."""

    failed: int = 0
    good: list[float] = field(default_factory=lambda: [time.monotonic()])

    @property
    def seconds_without(self) -> float:
        return max((later - earlier for earlier, later in itertools.pairwise(self.good)), default=0.0)


@dataclass(frozen=True)
class DeployedCollection:
    """A registry in a namespace, by the way of its clients and by that of a collection."""

    registry: DeployedRegistry
    namespace: str

    @property
    def access(self) -> RegistryAccess:
        outputs = self.registry.stack.outputs()
        login, found = outputs["credentials"]["ci"], outputs["registry"]
        return RegistryAccess(self.registry.address, login["username"], login["password"], found["ca_pem"])

    def deployment(self) -> dict[str, Any]:
        return self.registry.cluster.get("deployment", "registry", "-n", self.namespace)

    def pods(self) -> list[str]:
        """Return the identities of the registry's pods."""
        found = self.registry.cluster.get("pods", "-n", self.namespace, "-l", "app.kubernetes.io/name=registry")
        return sorted(pod["metadata"]["uid"] for pod in found["items"])

    def kept(self) -> tuple[Any, ...]:
        """Return what a collection must leave as it was, and that it leaves nothing."""
        cluster, live = self.registry.cluster, self.deployment()
        secret = cluster.get("secret", "registry-config", "-n", self.namespace)
        left = [cluster.get(kind, "-n", self.namespace)["items"] for kind in ("jobs", "leases")]
        return live["spec"], holder_of(live), secret["data"], secret["metadata"]["resourceVersion"], left

    async def fill(self, repository: str, *, delete: bool = True) -> None:
        """Push two images; delete the first, unless something else is to do that."""
        async with self.access.session() as session:
            image = await push_image(session, repository, repository, LAYER, "1")
            await push_image(session, repository, "arm64", b"kept" * 20000, "2")
            if delete:
                await manifest.delete(session, repository, image.digest)

    async def serves(self, repository: str) -> None:
        """Push the deleted image again and pull both."""
        async with self.access.session() as session:
            await push_image(session, repository, repository, LAYER, "1")
            for label in ("1", "2"):
                await pulls_completely(session, repository, label)

    async def collected(self, tell: Callable[[str], None] = _silent) -> Collected:
        """Collect in this process, from the first step to the last."""
        kubeconfig = (self.registry.lab.state / "kubeconfig").read_text()
        way, place = DeploymentWay(ClusterAccess(kubeconfig)), RegistryDeploymentPlace(self.namespace, "registry")
        async with deployment_site(way, place, _SECONDS, tell) as site:
            return await collect(self.access, site, CANARY, tell)

    async def collected_while_pulled(self, repository: str) -> tuple[Collected, ImpatientPulls]:
        """Collect while somebody pulls over and over and tries everything once."""
        pulls, over, access = ImpatientPulls(), asyncio.Event(), self.access

        async def pull() -> None:
            while not over.is_set():
                try:
                    async with access.session(Limits(idle_seconds=2, connect_seconds=2), Retry(attempts=1)) as session:
                        await pulls_completely(session, repository, "2")
                    pulls.good.append(time.monotonic())
                except RegistryError:
                    pulls.failed += 1
                await asyncio.sleep(0.05)

        async def sweep() -> Collected:
            try:
                return await self.collected()
            finally:
                over.set()

        done, _ = await asyncio.gather(sweep(), pull())
        return done, pulls

    def collect(self, *arguments: str) -> str:
        """Return what `images collect` prints."""
        return by_hand(self.registry.stack, *arguments)

    def killed_while_read_only(self) -> None:
        """Begin a collection, and kill its client as soon as the registry is to be read-only."""
        stack = self.registry.stack
        command = [sys.executable, "-m", "towpath", "images", "collect", "-s", stack.stack]
        environment = {**stack.environment, "PYTHONPATH": str(CHECKOUT)}
        with subprocess.Popen(command, cwd=stack.folder, env=environment, start_new_session=True) as process:

            def frozen() -> bool:
                assert process.poll() is None, "it ended before it was killed"
                return holder_of(self.deployment()) is not None

            try:
                until(frozen, "the registry is to be read-only")
            finally:
                os.killpg(process.pid, signal.SIGKILL)
