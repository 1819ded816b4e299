"""Where a registry runs, as plain values that a state can keep: what a preview may show, and the secret way there."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from towpath.images.collection.errors import CollectionError
from towpath.images.collection.site import Site
from towpath.machines.record import from_record
from towpath.registry.config import CONFIG_PATH
from towpath.settings.registry import Registry

if TYPE_CHECKING:
    from towpath.images.collection.container_site import ContainerSite
    from towpath.images.collection.deployment_site import DeploymentSite

CONTAINER, DEPLOYMENT = "container", "deployment"


@dataclass(frozen=True)
class RegistryContainerPlace:
    """A container on a node, and where its files are there."""

    container: str
    config_path: str
    storage_folder: str
    container_config_path: str
    """The config file as the container has it mounted."""

    @staticmethod
    def of(registry: Registry) -> "RegistryContainerPlace":
        """Return the place of a stack's registry."""
        config_path = f"{registry.config_folder}/config/config.yml"
        return RegistryContainerPlace(registry.container, config_path, registry.storage_folder, CONFIG_PATH)

    def to_record(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": CONTAINER, **asdict(self)}

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "RegistryContainerPlace":
        """Make the place again."""
        return RegistryContainerPlace(**{key: value for key, value in record.items() if key != "kind"})


@asynccontextmanager
async def open_site(
    place: Mapping[str, Any], way: Mapping[str, Any], timeout_seconds: int, tell: Callable[[str], None]
) -> AsyncIterator[Site]:
    """Hold a registry's place for a collection. Raises SshError, and kinds of ClusterError for a Deployment.

    `way` is the record of a node's `Connection`, or of a `DeploymentWay`. What an interrupted collection left behind is
    put back first, and told.
    """
    async with _site(place, way, timeout_seconds, tell) as site:
        if site.recovered:
            tell("an earlier collection was interrupted; the registry was put back")
        yield site


def _site(
    place: Mapping[str, Any], way: Mapping[str, Any], timeout_seconds: int, tell: Callable[[str], None]
) -> "AbstractAsyncContextManager[ContainerSite | DeploymentSite]":
    if place.get("kind") == CONTAINER:
        # The SSH library takes a third of a second to import.
        from towpath.images.collection.container_site import container_site  # noqa: PLC0415

        return container_site(from_record(way), RegistryContainerPlace.from_record(place), timeout_seconds)
    if place.get("kind") == DEPLOYMENT:
        # Only stacks with a cluster pay for its client.
        from towpath.images.collection.deployment_place import (  # noqa: PLC0415
            DeploymentWay,
            RegistryDeploymentPlace,
        )
        from towpath.images.collection.deployment_site import deployment_site  # noqa: PLC0415

        found = RegistryDeploymentPlace.from_record(place)
        return deployment_site(DeploymentWay.from_record(way), found, timeout_seconds, tell)
    raise CollectionError(f"a registry of kind {place.get('kind')!r} is not known here; use a newer Towpath")
