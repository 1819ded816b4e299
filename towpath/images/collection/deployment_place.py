"""A registry in a cluster as a place of a collection: what a preview may show, and the secret way there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from towpath.cluster.access import ClusterAccess
from towpath.images.collection.place import DEPLOYMENT
from towpath.images.collection.shared_cache import SharedCache
from towpath.images.mirror.room import StorageFolder
from towpath.settings.deployment import Deployment
from towpath.ssh.connection import Connection


@dataclass(frozen=True)
class RegistryDeploymentPlace:
    """A Deployment in a namespace."""

    namespace: str
    name: str

    @staticmethod
    def of(deployment: Deployment) -> "RegistryDeploymentPlace":
        """Return the place of a stack's registry."""
        return RegistryDeploymentPlace(deployment.namespace, deployment.name)

    def to_record(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": DEPLOYMENT, **asdict(self)}

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "RegistryDeploymentPlace":
        """Make the place again."""
        return RegistryDeploymentPlace(record["namespace"], record["name"])


@dataclass(frozen=True)
class DeploymentWay:
    """How the cluster is reached, the cache that the registry's pods share, and the node's folder of images."""

    cluster: ClusterAccess
    cache: SharedCache | None = field(default=None, repr=False)
    folder: StorageFolder | None = field(default=None, repr=False)

    @staticmethod
    def of(cluster: ClusterAccess, deployment: Deployment, connections: Mapping[str, Connection]) -> "DeploymentWay":
        """Return the way to a stack's registry. A cache is reached as the API server is."""
        volume = deployment.storage.volume
        machine = connections.get(volume.node) if volume else None
        folder = StorageFolder(machine, volume.folder) if volume and machine else None
        redis = deployment.redis
        if redis is None:
            return DeploymentWay(cluster, folder=folder)
        cache = SharedCache(
            address=redis.address,
            username=redis.username,
            password=redis.password.get_secret_value() if redis.password else None,
            database=redis.database,
            ca_pem=redis.tls_ca_pem,
            through=cluster.through,
        )
        return DeploymentWay(cluster, cache, folder)

    def to_record(self) -> dict[str, Any]:
        """Return plain values, secrets among them."""
        return {
            "cluster": self.cluster.to_record(),
            "cache": self.cache.to_record() if self.cache else None,
            "folder": self.folder.to_record() if self.folder else None,
        }

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "DeploymentWay":
        """Make the way again."""
        cache, folder = record.get("cache"), record.get("folder")
        return DeploymentWay(
            ClusterAccess.from_record(record["cluster"]),
            SharedCache.from_record(cache) if cache else None,
            StorageFolder.from_record(folder) if folder else None,
        )
