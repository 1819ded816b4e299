"""What to ask for a plan, from a stack's settings and the outputs of its last `up`."""

import shlex
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from towpath.access.deployed_registry import deployed_registry
from towpath.images.deletion.survey import Linked, Question, Running
from towpath.images.mirror.wanted import Wanted
from towpath.images.retention.decide import MirroredImage
from towpath.images.storage_listing import linked_manifests
from towpath.oci.digest import Digest
from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

if TYPE_CHECKING:
    from towpath.cluster.access import ClusterAccess

_LISTING_SECONDS = 300


def question_of(
    stack: str,
    settings: Settings,
    outputs: Mapping[str, Any],
    connections: Mapping[str, Connection],
    read: ReadFile,
) -> Question | None:
    """Return the question; None where nothing is to be deleted, or there is no registry yet.

    `read` reads a file named in the settings. Raises SettingsError and KubeconfigError where the kubeconfig, or a
    file that it names, cannot be read.
    """
    retention = settings.images.retention
    if retention is None or not settings.images.deletes or not settings.has_registry:
        return None
    if settings.deployment is None and settings.nodes.members[settings.registry_node].gone:
        return None
    access = deployed_registry(outputs, settings, connections)
    if access is None:
        return None
    cluster = _cluster(settings, connections, read)
    listing = settings.registry.kind == "container"
    return Question(
        stack=stack,
        access=access,
        retention=retention,
        cluster=cluster,
        running=_running(cluster),
        linked=_linked(connections[settings.registry_node], settings.registry.storage_folder) if listing else None,
    )


def mirrored_images(wanted: Iterable[Wanted]) -> frozenset[MirroredImage]:
    """Return what the stack keeps copies of, and so does not delete."""
    return frozenset(
        MirroredImage(
            each.repository if each.has_place else None,
            each.tag,
            Digest(each.expected) if each.expected else None,
            f"{each.source}: {each.problem}" if each.problem else "",
        )
        for each in wanted
    )


def _running(cluster: "ClusterAccess | None") -> Running | None:
    if cluster is None:
        return None
    from towpath.images.deletion.in_use import images_in_use  # noqa: PLC0415 only stacks with a cluster pay for it

    return partial(images_in_use, cluster)


def _cluster(settings: Settings, connections: Mapping[str, Connection], read: ReadFile) -> "ClusterAccess | None":
    if settings.cluster is None:
        return None
    from towpath.access.cluster_access import cluster_access  # noqa: PLC0415 only stacks with a cluster pay for it

    return cluster_access(settings, connections, read)


def _linked(machine: Connection, folder: str) -> Linked:
    """List the links of the storage as root: the registry's user alone may read them."""
    root = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}[machine.sudo.kind]
    command = f"{root}find {shlex.quote(folder)} -path '*/_manifests/revisions/*/link'"

    async def ask() -> dict[str, tuple[Digest, ...]]:
        from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

        ran = await run(machine, command, machine.sudo.line, _LISTING_SECONDS)
        return linked_manifests(ran.stdout.splitlines())

    return ask
