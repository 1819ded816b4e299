"""Who collects: Towpath, and upstream's own `registry garbage-collect` in the two ways in which people run it."""

import asyncio
from collections.abc import Callable, Mapping

from bench.garbage_collection.contenders import RUNNING, STOPPED
from bench.garbage_collection_shared.registry import NAME, SharedRegistry
from tests.lab.redis_server import PASSWORD
from towpath.cluster.access import ClusterAccess
from towpath.images.collection.collect import collect
from towpath.images.collection.collector_job import collector_job
from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace
from towpath.images.collection.deployment_site import deployment_site
from towpath.images.collection.shared_cache import SharedCache
from towpath.registry.config import CONFIG_PATH

_TIMEOUT_SECONDS = 300
_WAITING = f"--timeout={_TIMEOUT_SECONDS}s"
_JOB = "plain-collector"


def towpath(registry: SharedRegistry) -> None:
    """Collect as the stack's resource does, without the engine around it."""
    cache = SharedCache(registry.redis.address, password=PASSWORD)
    way = DeploymentWay(ClusterAccess(registry.kubeconfig), cache)
    place = RegistryDeploymentPlace(registry.namespace, NAME)

    async def collecting() -> None:
        async with deployment_site(way, place, _TIMEOUT_SECONDS, lambda _: None) as site:
            await collect(registry.access, site, "towpath-canary", lambda _: None)

    asyncio.run(collecting())


def stopped(registry: SharedRegistry) -> None:
    """Scale to no pods, run the collector in a Job with their image and config, scale up again."""
    live = registry.deployment()
    deployment, replicas = f"deployment/{NAME}", live["spec"]["replicas"]
    job = collector_job(live, _JOB, dry_run=False, seconds=_TIMEOUT_SECONDS, node=None)
    registry.kubectl("scale", deployment, "--replicas=0")
    registry.kubectl("wait", "pod", f"--selector=app.kubernetes.io/name={NAME}", "--for=delete", _WAITING)
    registry.cluster.apply(registry.namespace, job)
    registry.kubectl("wait", f"job/{_JOB}", "--for=condition=complete", _WAITING)
    registry.kubectl("scale", deployment, f"--replicas={replicas}")
    registry.wait_until_served()
    registry.kubectl("delete", f"job/{_JOB}")


def running(registry: SharedRegistry) -> None:
    """Run the collector in a pod of the running Deployment, as most instructions say."""
    registry.kubectl("exec", f"deployment/{NAME}", "--", "registry", "garbage-collect", CONFIG_PATH)


CONTENDERS: Mapping[str, Callable[[SharedRegistry], None]] = {"towpath": towpath, STOPPED: stopped, RUNNING: running}
