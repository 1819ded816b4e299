"""The registry that is collected: two replicas on S3 and Redis in the lab's cluster, made by `pulumi up`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.garbage_collection_shared.redis_package import ensure_redis
from tests.lab.cluster_access import ClusterAccess
from tests.lab.deployment_access import PODS, deployed_stack
from tests.lab.lab_access import CHECKOUT, LabAccess, shell_environment
from tests.lab.redis_server import PASSWORD, RedisServer
from tests.lab.s3_server import ACCESS_KEY, LAB_HOST, SECRET_KEY, S3Server
from tests.lab.stack_workspace import StackWorkspace
from towpath.access.registry_access import RegistryAccess

PORT = 30591
REPLICAS = 2
NAME = "registry"
_NODE = "node-2"
_BUCKET = "bench"
_BLOBS = "docker/registry/v2/blobs/sha256/"
_START_SECONDS = 180


@dataclass(frozen=True)
class SharedRegistry:
    """It, and the ways to it."""

    cluster: ClusterAccess
    namespace: str
    s3: S3Server
    redis: RedisServer
    access: RegistryAccess = field(repr=False)

    @property
    def kubeconfig(self) -> str:
        """That of the cluster's administrator."""
        return (self.cluster.lab.state / "kubeconfig").read_text(encoding="utf-8")

    def stored(self) -> set[str]:
        """Return the blobs that its bucket has, each by the hexadecimal part of its digest."""
        return {key.split("/")[-2] for key in self.s3.keys(_BUCKET, _BLOBS) if key.endswith("/data")}

    def put_back(self) -> None:
        """Empty its cache, which outlives the servers, and wait until every replica serves."""
        self.redis.command("FLUSHDB")
        self.wait_until_served()

    def wait_until_served(self) -> None:
        """Wait until as many pods serve as there are to be."""
        self.kubectl("rollout", "status", f"deployment/{NAME}", f"--timeout={_START_SECONDS}s")

    def deployment(self) -> dict[str, Any]:
        """Return the Deployment as it is in the cluster."""
        return self.cluster.get("deployment", NAME, "--namespace", self.namespace)

    def kubectl(self, *arguments: str) -> None:
        """Run kubectl in its namespace."""
        self.cluster.kubectl("--namespace", self.namespace, *arguments).check()


@contextmanager
def running(folder: Path) -> Iterator[SharedRegistry]:
    """Bring it up, with the cluster if that does not run, and destroy it at the end; the cluster stays."""
    ensure_redis()
    # Its first start builds Kubernetes: what it says meanwhile is shown.
    subprocess.run([sys.executable, "-m", "lab", "up", "--cluster"], cwd=CHECKOUT, check=True, stdout=sys.stderr)
    cluster = ClusterAccess(LabAccess(shell_environment()))
    with (
        S3Server(folder / "s3", host=LAB_HOST) as s3,
        RedisServer(folder / "redis", host=LAB_HOST) as redis,
        cluster.namespace() as namespace,
    ):
        s3.create_bucket(_BUCKET)
        stack = _stack(cluster, folder, namespace, s3, redis)
        try:
            stack.up().ok()
            outputs = stack.outputs()
            registry, login = outputs["registry"], outputs["credentials"]["ci"]
            access = RegistryAccess(registry["host"], login["username"], login["password"], registry["ca_pem"])
            yield SharedRegistry(cluster, namespace, s3, redis, access)
        finally:
            stack.destroy("--continue-on-error").ok()


def _stack(cluster: ClusterAccess, folder: Path, namespace: str, s3: S3Server, redis: RedisServer) -> StackWorkspace:
    """Make the stack: a registry alone, so that no node is changed. Its pods end as they do by default."""
    stack = deployed_stack(cluster, folder, PORT)
    bucket = {"bucket": _BUCKET, "endpoint": s3.url, "region": s3.region, "path_style": True}
    deployment = {
        **PODS,
        "drain": {},
        "namespace": namespace,
        "create_namespace": False,
        "replicas": REPLICAS,
        # The cluster may have more nodes, which are others' and may go.
        "node_selector": {"kubernetes.io/hostname": _NODE},
        "storage": {"s3": bucket},
        "redis": {"address": redis.address},
        "exposure": {"port": PORT},
    }
    registry = {"kind": "deployment", "host": cluster.lab.nodes[_NODE], "deployment": deployment}
    stack.configure(nodes=None, registry=registry)
    stack.set_secret("registry.deployment.storage.s3.access_key", ACCESS_KEY)
    stack.set_secret("registry.deployment.storage.s3.secret_key", SECRET_KEY)
    stack.set_secret("registry.deployment.redis.password", PASSWORD)
    return stack
