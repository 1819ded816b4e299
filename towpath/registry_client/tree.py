"""A manifest with everything below it: an index's children, and their children."""

from collections.abc import AsyncIterator

from towpath.oci.errors import InvalidManifestError
from towpath.oci.manifest import Manifest
from towpath.registry_client import manifest
from towpath.registry_client.session import RegistrySession

MAX_DEPTH = 8
MAX_MANIFESTS = 2000
"""Far over what builders make, and low enough that a hostile index ends soon."""


async def tree(session: RegistrySession, repository: str, top: Manifest) -> AsyncIterator[Manifest]:
    """Give `top` and every manifest below it, each digest once, parents first.

    Raises InvalidManifestError where indexes lie deeper in one another than MAX_DEPTH, or name over MAX_MANIFESTS;
    what `manifest.get` raises, too. Digests make true cycles impossible; a forged one ends at the digest check.
    """
    seen = {top.digest}
    level = [top]
    for _ in range(MAX_DEPTH):
        below = []
        for parent in level:
            yield parent
            for child in parent.manifests:
                if child.digest in seen:
                    continue
                seen.add(child.digest)
                if len(seen) > MAX_MANIFESTS:
                    raise InvalidManifestError(f"{repository}@{top.digest} names more than {MAX_MANIFESTS} manifests")
                below.append(await manifest.get(session, repository, child.digest))
        if not below:
            return
        level = below
    raise InvalidManifestError(f"{repository}@{top.digest}: indexes lie in one another over {MAX_DEPTH} deep")
