"""The stack's registry in a cluster, as a place of collections, from the stack's settings."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from towpath.errors import SettingsError, TowpathError
from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

if TYPE_CHECKING:
    from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace


def registry_in_cluster(
    settings: Settings, connections: Mapping[str, Connection], read: ReadFile
) -> "tuple[RegistryDeploymentPlace, DeploymentWay]":
    """Return where it runs and the way there. Raises SettingsError and KubeconfigError."""
    from towpath.access.cluster_access import cluster_access  # noqa: PLC0415 most stacks need no HTTP library
    from towpath.images.collection.deployment_place import DeploymentWay, RegistryDeploymentPlace  # noqa: PLC0415

    access, deployment = cluster_access(settings, connections, read), settings.deployment
    if access is None or deployment is None:
        raise SettingsError(["the stack has no registry in a cluster"])
    return RegistryDeploymentPlace.of(deployment), DeploymentWay.of(access, deployment, connections)


def put_back_interrupted(
    settings: Settings, connections: Mapping[str, Connection], read: ReadFile, tell: Callable[[str], None]
) -> None:
    """Begin an `up` with a registry that takes writes, where a collection that was killed left it read-only.

    A cluster that does not answer, or a collection that is under way, is told and no error: the resources that need the
    one or the other say so themselves. Raises SettingsError and KubeconfigError.
    """
    if settings.deployment is None:
        return
    place, way = registry_in_cluster(settings, connections, read)
    from towpath.images.collection.deployment_site import put_back  # noqa: PLC0415 most stacks need no HTTP library

    # A program's own thread has an event loop already.
    with ThreadPoolExecutor(1, "interrupted-collection") as pool:
        try:
            done = pool.submit(lambda: asyncio.run(put_back(way, place, tell))).result()
        except TowpathError as error:
            tell(f"whether an interrupted collection left the registry read-only is not known: {error}")
            return
    if done:
        tell("a collection was interrupted; the registry takes writes again")
