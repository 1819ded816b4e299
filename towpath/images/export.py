"""Copying images out of a registry into an OCI image layout: whole indexes, with what refers to them, digests kept.

It goes on where an earlier run ended: blobs that are there are not fetched, half of one is not fetched twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from towpath.images.bounded import for_each
from towpath.images.layout import entry
from towpath.images.layout_folder import LayoutFolder
from towpath.images.space import check_space
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest
from towpath.oci.errors import DigestMismatchError
from towpath.oci.manifest import Manifest
from towpath.oci.reference import Reference
from towpath.registry_client import blob, manifest, referrer, tree
from towpath.registry_client.session import RegistrySession

OnBytes = Callable[[int, int], None]
"""Takes bytes done and bytes in all."""


@dataclass(slots=True)
class Collected:
    """What an export consists of; each digest once, with a repository that has it."""

    entries: list[Descriptor] = field(default_factory=list)
    manifests: dict[Digest, Manifest] = field(default_factory=dict)
    blobs: dict[Digest, tuple[str, Descriptor]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did."""

    images: int
    manifests: int
    blobs: int
    fetched_bytes: int


async def collect(session: RegistrySession, references: Iterable[Reference]) -> Collected:
    """Resolve the images, everything below them and everything that refers to any of it."""
    collected = Collected()

    async def one(reference: Reference) -> None:
        top = await manifest.get(session, reference.repository, reference.locator)
        collected.entries.append(entry(top.descriptor, reference))
        await _collect_tree(session, reference.repository, top, collected)

    await for_each(references, one, session.limits.concurrency)
    return collected


async def export(
    session: RegistrySession, references: Iterable[Reference], folder: Path, on_bytes: OnBytes, room_factor: int = 1
) -> Exported:
    """Write the images into `folder`. Nothing is written where the disk cannot take `room_factor` times the rest.

    Raises NotEnoughSpaceError, InvalidLayoutError, FormatError and RegistryError.
    """
    layout = LayoutFolder(folder)
    collected = await collect(session, references)
    total = sum(descriptor.size_bytes for _, descriptor in collected.blobs.values())
    missing = [found for found in collected.blobs.values() if not layout.has(found[1])]
    left = sum(descriptor.size_bytes - layout.partial_bytes(descriptor) for _, descriptor in missing)
    check_space(folder, left + (room_factor - 1) * total + sum(len(m.body) for m in collected.manifests.values()))
    done = total - left
    on_bytes(done, total)

    async def one(found: tuple[str, Descriptor]) -> None:
        nonlocal done
        repository, descriptor = found

        def told(count: int) -> None:
            nonlocal done
            done += count
            on_bytes(done, total)

        await _fetch(session, repository, descriptor, layout, told)

    await for_each(missing, one, session.limits.concurrency)
    for part in collected.manifests.values():
        layout.write_document(part.digest, part.body)
    layout.finish(collected.entries)
    images = sum(1 for found in collected.entries if found.annotations)
    return Exported(images, len(collected.manifests), len(collected.blobs), left)


async def _collect_tree(session: RegistrySession, repository: str, top: Manifest, collected: Collected) -> None:
    async for part in tree.tree(session, repository, top):
        if part.digest in collected.manifests:
            continue
        collected.manifests[part.digest] = part
        for descriptor in part.blobs:
            collected.blobs.setdefault(descriptor.digest, (repository, descriptor))
        for referring in await referrer.referrers(session, repository, part.digest):
            if referring.digest not in collected.manifests:
                found = await manifest.get(session, repository, referring.digest)
                collected.entries.append(found.descriptor)
                await _collect_tree(session, repository, found, collected)


async def _fetch(
    session: RegistrySession, repository: str, descriptor: Descriptor, layout: LayoutFolder, told: Callable[[int], None]
) -> None:
    verifier = layout.resumed(descriptor)
    pieces = blob.counted(blob.read(session, repository, descriptor, verifier), told)
    try:
        await layout.write_blob(descriptor, pieces)
    except DigestMismatchError:
        layout.drop_partial(descriptor.digest)
        raise
