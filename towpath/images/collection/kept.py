"""What a registry keeps, taken down before a collection and looked for again after it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from towpath.images.bounded import for_each
from towpath.images.collection.errors import CollectionError
from towpath.images.snapshot import Snapshot
from towpath.images.walk import Scope, walk
from towpath.oci.digest import Digest
from towpath.registry_client import blob, manifest
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession

_SHOWN = 5
_Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Every tag with what its image is made of. `broken`: what could not be pulled before either."""

    snapshot: Snapshot
    broken: tuple[str, ...]

    def owner_of(self, digests: Iterable[Digest]) -> str | None:
        """Name an image that needs one of the digests; None if none does."""
        wanted = frozenset(digests)
        for name, record in self.snapshot.repositories.items():
            for tag, digest in record.tags.items():
                if wanted & record.stored(digest).keys():
                    return f"{name}:{tag}"
        return None


async def take_down(session: RegistrySession) -> Kept:
    """Read every tag, with its children. Raises RegistryError, and CollectionError where a part cannot be read."""
    snapshot = await walk(session, Scope())
    if unread := [failure for failure in snapshot.failures if not failure.gone]:
        raise CollectionError(
            f"{len(unread)} parts of the registry cannot be read, first {unread[0].place}: {unread[0].message}"
        )
    return Kept(snapshot, tuple(failure.place for failure in snapshot.failures))


async def look_again(session: RegistrySession, kept: Kept) -> None:
    """Ask for every tag, manifest and blob that was there. Raises CollectionError with what is missing.

    A tag that leads elsewhere now was pushed anew since, which is no loss.
    """
    missing: list[str] = []

    async def look(question: tuple[str, _Ask]) -> None:
        place, ask = question
        try:
            found = await ask()
        except NotFoundError:
            found = False
        if found is False:
            missing.append(place)

    await for_each(_questions(session, kept), look, session.limits.concurrency)
    if missing:
        shown = ", ".join(sorted(missing)[:_SHOWN])
        raise CollectionError(f"{len(missing)} of what is kept cannot be found any more: {shown}")


async def _questions(session: RegistrySession, kept: Kept) -> AsyncIterator[tuple[str, _Ask]]:
    for name, record in kept.snapshot.repositories.items():
        for tag in record.tags:
            yield f"{name}:{tag}", partial(manifest.head, session, name, tag)
        for digest in record.manifests:
            yield f"{name}@{digest}", partial(manifest.head, session, name, digest)
        for digest in sorted({each.digest for found in record.manifests.values() for each in found.blobs}):
            yield f"blob {name}@{digest}", partial(blob.exists, session, name, digest)
