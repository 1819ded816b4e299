"""What to ask for a plan, from a stack's settings and the outputs of its last `up`."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from towpath.access.deployed_registry import deployed_registry
from towpath.images.deletion.survey import Linked, Question, Running
from towpath.images.mirror.wanted import Wanted
from towpath.images.retention.decide import MirroredImage, RunningImage
from towpath.images.storage_listing import linked_manifests
from towpath.oci.digest import Digest, is_digest
from towpath.oci.errors import InvalidReferenceError
from towpath.oci.reference import Reference
from towpath.settings.cluster import ReadFile, kubeconfig_text
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

_LISTING_SECONDS = 300
_NO_REGISTRY = "docker.io"


def question_of(
    stack: str,
    settings: Settings,
    outputs: Mapping[str, Any],
    connections: Mapping[str, Connection],
    read: ReadFile,
) -> Question | None:
    """Return the question; None where nothing is to be deleted, or there is no registry yet.

    `read` reads a file named in the settings. Raises SettingsError where the kubeconfig cannot be read.
    """
    retention = settings.images.retention
    if retention is None or not settings.images.deletes or not settings.has_registry:
        return None
    if settings.deployment is None and settings.nodes.members[settings.registry_node].gone:
        return None
    access = deployed_registry(outputs, settings, connections)
    if access is None:
        return None
    untagged = any(policy.delete_untagged or policy.delete_orphaned_referrers for policy in retention.policies)
    listing = untagged and settings.registry.kind == "container"
    return Question(
        stack=stack,
        access=access,
        retention=retention,
        running=_running(settings, connections, read),
        linked=_linked(connections[settings.registry_node], settings.registry.storage_folder) if listing else None,
    )


def used_images(images: Iterable[tuple[str, str | None]]) -> frozenset[RunningImage]:
    """Return which repositories, tags and digests pods use, from references as they name them and digests.

    The registry's name is left out: runtimes pull by mirrors, hosts entries and other names what is kept here.
    """
    found: set[RunningImage] = set()
    for text, digest in images:
        try:
            reference = Reference.parse(text, _NO_REGISTRY)
        except InvalidReferenceError:
            continue
        known = Digest(digest) if digest and is_digest(digest) else None
        tag = reference.tag if reference.tag or reference.digest else "latest"
        found.update(RunningImage(reference.repository, tag, each) for each in {reference.digest, known} if each or tag)
    return frozenset(found)


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


def _running(settings: Settings, connections: Mapping[str, Connection], read: Callable[[str], str]) -> Running | None:
    cluster = settings.cluster
    if cluster is None:
        return None
    from towpath.cluster.access import ClusterAccess  # noqa: PLC0415 only stacks with a cluster pay for it
    from towpath.cluster.running_images import running_images  # noqa: PLC0415 as above

    node = settings.cluster_node
    access = ClusterAccess(kubeconfig_text(cluster, read), cluster.context, connections[node] if node else None)

    async def ask() -> frozenset[RunningImage]:
        async with access.client() as client:
            return used_images(await running_images(client))

    return ask


def _linked(machine: Connection, folder: str) -> Linked:
    """List the links of the storage as root: the registry's user alone may read them."""
    root = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}[machine.sudo.kind]
    command = f"{root}find {shlex.quote(folder)} -path '*/_manifests/revisions/*/link'"

    async def ask() -> dict[str, tuple[Digest, ...]]:
        from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

        ran = await run(machine, command, machine.sudo.line, _LISTING_SECONDS)
        return linked_manifests(ran.stdout.splitlines())

    return ask
