"""Where a registry runs, as plain values that a state can keep: what a preview may show, and the secret way there."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from towpath.images.collection.errors import CollectionError
from towpath.images.collection.site import Site
from towpath.machines.record import from_record


@asynccontextmanager
async def open_site(
    place: Mapping[str, Any], way: Mapping[str, Any], timeout_seconds: int, tell: Callable[[str], None]
) -> AsyncIterator[Site]:
    """Hold a registry's place for a collection. `way` is the record of a node's `Connection`. Raises SshError kinds.

    What an interrupted collection left behind is put back first, and told.
    """
    # The SSH library takes a third of a second to import.
    from towpath.images.collection.container_site import RegistryContainerPlace, container_site  # noqa: PLC0415

    if place.get("kind") != "container":
        raise CollectionError(f"a registry of kind {place.get('kind')!r} is not known here; use a newer Towpath")
    found = RegistryContainerPlace.from_record(place["container"])
    async with container_site(from_record(way), found, timeout_seconds) as site:
        if site.recovered:
            tell("an earlier collection was interrupted; the registry was put back")
        yield site
