"""Putting deleted manifests and their tags back, as long as nothing collected their blobs.

What a chosen manifest needs comes along: its parts first, and what refers to it. A tag that leads elsewhere by now is
left there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from towpath.images.deletion.saved_run import SavedManifest, SavedRun
from towpath.images.snapshot import companion_of
from towpath.oci.manifest import Manifest
from towpath.oci.reference import Reference
from towpath.registry_client import blob, manifest
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession


@dataclass(slots=True)
class Restored:
    """What came of it, a line each. `lost`: what cannot be put back, with what is missing."""

    put: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def choose(runs: Iterable[SavedRun], references: Sequence[Reference]) -> list[SavedManifest]:
    """Return what the references name and need, in the order in which it can be put back; without any, all of it.

    A tag or a digest is taken from the newest run that has it.
    """
    saved: dict[str, SavedManifest] = {}
    for run in runs:
        for each in run.manifests:
            saved.setdefault(f"{each.name} {' '.join(each.tags)}", each)
    everything = list(saved.values())
    if not references:
        return _parts_first(everything)
    chosen: list[SavedManifest] = []
    for reference in references:
        found = next((each for each in everything if _is_named(each, reference)), None)
        if found and found not in chosen:
            chosen.append(found)
    return _parts_first(_with_needed(chosen, everything))


def missing(chosen: Iterable[SavedManifest], references: Iterable[Reference]) -> list[Reference]:
    """Return the references that nothing saved answers to."""
    found = list(chosen)
    return [reference for reference in references if not any(_is_named(each, reference) for each in found)]


async def restore(session: RegistrySession, chosen: Iterable[SavedManifest]) -> Restored:
    """Put manifests back, each under its tags. Raises RegistryError where the registry does not do as it is asked."""
    result = Restored()
    for saved in chosen:
        found = saved.manifest()
        gone = await _gone_parts(session, saved.repository, found)
        if gone:
            result.lost.append(f"{saved.name}: {', '.join(gone)} is gone; push the image again")
            continue
        if not saved.tags:
            await _put(session, saved, found, None, result)
        for tag in saved.tags:
            await _put(session, saved, found, tag, result)
    return result


async def _put(
    session: RegistrySession, saved: SavedManifest, found: Manifest, tag: str | None, result: Restored
) -> None:
    name = f"{saved.repository}:{tag}" if tag else saved.name
    try:
        digest = (await manifest.head(session, saved.repository, tag or saved.digest)).digest
    except NotFoundError:
        await manifest.put(session, saved.repository, found, tag)
        result.put.append(name)
        return
    if digest == saved.digest:
        result.present.append(name)
    else:
        result.left.append(f"{name}: leads to {digest} by now, was {saved.digest}")


async def _gone_parts(session: RegistrySession, repository: str, found: Manifest) -> list[str]:
    gone = [f"blob {each.digest}" for each in found.blobs if not await blob.exists(session, repository, each.digest)]
    for child in found.manifests:
        try:
            await manifest.head(session, repository, child.digest)
        except NotFoundError:
            gone.append(f"part {child.digest}")
    return gone


def _is_named(saved: SavedManifest, reference: Reference) -> bool:
    if saved.repository != reference.repository:
        return False
    return saved.digest == reference.digest if reference.digest else reference.locator in saved.tags


def _with_needed(chosen: list[SavedManifest], everything: list[SavedManifest]) -> list[SavedManifest]:
    """Add what was saved of a chosen manifest's parts and referrers, and of theirs."""
    found: list[SavedManifest] = []
    waiting = list(chosen)
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.append(current)
        parts = {child.digest for child in current.manifest().manifests}
        waiting += [
            each
            for each in everything
            if each.repository == current.repository and (each.digest in parts or _refers(each, current.digest))
        ]
    return found


def _refers(saved: SavedManifest, digest: str) -> bool:
    subject = saved.manifest().subject
    return (subject is not None and subject.digest == digest) or any(companion_of(tag) == digest for tag in saved.tags)


def _parts_first(chosen: list[SavedManifest]) -> list[SavedManifest]:
    ordered: list[SavedManifest] = []
    waiting = {(each.repository, each.digest, each.tags): each for each in chosen}
    while waiting:
        names = {(repository, digest) for repository, digest, _ in waiting}
        ready = [
            key
            for key, each in waiting.items()
            if not any((each.repository, child.digest) in names for child in each.manifest().manifests)
        ]
        ordered += [waiting.pop(key) for key in ready or list(waiting)]
    return ordered
