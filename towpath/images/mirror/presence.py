"""Whether an image is here as it is to be; only a definite 404 means that it is not."""

from collections.abc import Iterable, Mapping

from towpath.images.bounded import for_each
from towpath.images.mirror.wanted import Wanted
from towpath.oci import media_types
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.tree import MAX_DEPTH

MISSING = "is missing"


async def holds(session: RegistrySession, repository: str, locator: str, digest: str) -> bool:
    """Whether a tag or digest of the repository leads to `digest`. Raises RegistryError for any doubt."""
    try:
        return (await manifest.head(session, repository, locator)).digest == digest
    except NotFoundError:
        return False


async def has_tag(session: RegistrySession, wanted: Wanted) -> bool:
    """Whether there is anything under an image's tag. Raises RegistryError for any doubt."""
    try:
        await manifest.head(session, wanted.repository, wanted.tag)
    except NotFoundError:
        return False
    return True


async def is_in_place(session: RegistrySession, wanted: Wanted) -> bool:
    """Whether an image has its tag here, and everything that is known to refer to it is here."""
    if not await holds(session, wanted.repository, wanted.tag, wanted.expected):
        return False
    referring = [entry.rpartition(" ")[2] for entry in wanted.referring or ()]
    return all([await holds(session, wanted.repository, digest, digest) for digest in referring])


async def drift(session: RegistrySession, placed: Mapping[str, str], wanted: Iterable[Wanted]) -> dict[str, str]:
    """Return what is not here as it was placed: by target, in words. Below an index each image is looked for.

    Raises RegistryError where the registry does not give a definite answer.
    """
    found: dict[str, str] = {}

    async def one(image: Wanted) -> None:
        digest = placed.get(image.target, "")
        if digest and (finding := await _finding(session, image, digest)):
            found[image.target] = finding

    await for_each(wanted, one, session.limits.concurrency)
    return dict(sorted(found.items()))


async def _finding(session: RegistrySession, image: Wanted, digest: str) -> str:
    try:
        head = await manifest.head(session, image.repository, image.tag)
    except NotFoundError:
        return MISSING
    if head.digest != digest:
        return f"its tag is at {head.digest}"
    if head.media_type in media_types.INDEXES:
        top = await manifest.get(session, image.repository, head.digest)
        if lost := await _lost_below(session, image.repository, top):
            return f"lacks {lost}"
    for entry in image.referring or ():
        kind, _, referring = entry.rpartition(" ")
        if not await holds(session, image.repository, referring, referring):
            return f"lacks {kind} {referring}"
    return ""


async def _lost_below(session: RegistrySession, repository: str, top: Manifest, depth: int = 0) -> str:
    for child in top.manifests:
        if not await holds(session, repository, child.digest, child.digest):
            return f"{child.platform or 'part'} {child.digest}"
        if child.media_type in media_types.INDEXES and depth < MAX_DEPTH:
            inner = await manifest.get(session, repository, child.digest)
            if lost := await _lost_below(session, repository, inner, depth + 1):
                return lost
    return ""
