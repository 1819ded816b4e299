"""Tags: listing, and removing one without the manifest (OCI distribution specification 1.1, "Deleting tags")."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import manifest, scope, upload
from towpath.registry_client.errors import DeleteDisabledError, NotFoundError, RefusedError, RegistryError
from towpath.registry_client.page import PAGE_ENTRIES, pages, strings
from towpath.registry_client.session import Call, RegistrySession

_LONG_AGO = "1970-01-01T00:00:00Z"


async def tags(session: RegistrySession, repository: str) -> AsyncIterator[str]:
    """Give each tag, a page at a time. Raises NotFoundError where there is no such repository."""
    what = f"the tags of {repository}"
    call = Call("GET", f"/v2/{repository}/tags/list?n={PAGE_ENTRIES}", what, scope.pull(repository))
    async for document in pages(session, call):
        for name in strings(session, what, document, "tags"):
            yield name


async def delete(session: RegistrySession, repository: str, tag: str) -> None:
    """Remove one tag; its manifest and its other tags stay. Raises NotFoundError, DeleteDisabledError and the others.

    Releases 2.x know no such request. There the tag is moved onto a manifest made for it alone, and that is deleted;
    if that fails the tag is put back where it was.
    """
    what = f"removing tag {repository}:{tag}"
    try:
        await session.send(Call("DELETE", f"/v2/{repository}/manifests/{tag}", what, scope.delete(repository)))
    except (RefusedError, DeleteDisabledError):
        await manifest.check_delete_enabled(session, repository)
        await _delete_by_replacement(session, repository, tag)


async def delete_dangling(session: RegistrySession, repository: str, tag: str) -> bool:
    """Remove a tag that leads nowhere; return False, and leave it, where it leads somewhere by now. Raises as `delete`.

    Nothing is asked twice: somebody may push under that tag meanwhile.
    """
    what = f"removing tag {repository}:{tag}, which leads nowhere"
    path = f"/v2/{repository}/manifests/{tag}"
    try:
        await session.send(Call("DELETE", path, what, scope.delete(repository), repeatable=False))
    except (RefusedError, DeleteDisabledError):
        await manifest.check_delete_enabled(session, repository)
        return await _delete_dangling_by_replacement(session, repository, tag)
    return True


async def _delete_dangling_by_replacement(session: RegistrySession, repository: str, tag: str) -> bool:
    replacement = await _throwaway(session, repository)
    try:
        await manifest.head(session, repository, tag)
    except NotFoundError:
        await manifest.put(session, repository, replacement, tag)
        await _delete_replacement(session, repository, replacement)
        return True
    return False


async def _delete_by_replacement(session: RegistrySession, repository: str, tag: str) -> None:
    before = await manifest.get(session, repository, tag)
    replacement = await _throwaway(session, repository)
    await manifest.put(session, repository, replacement, tag)
    try:
        await _delete_replacement(session, repository, replacement)
    except RegistryError:
        await manifest.put(session, repository, before, tag)
        raise


async def _delete_replacement(session: RegistrySession, repository: str, replacement: Manifest) -> None:
    with suppress(NotFoundError):  # it was done by a request whose answer got lost
        await manifest.delete(session, repository, replacement.digest)


async def _throwaway(session: RegistrySession, repository: str) -> Manifest:
    """Push what a manifest needs that no other tag can have: a configuration of random content.

    It is older than all images: should it be left behind, a policy that goes by age takes it.
    """
    content = {"architecture": "", "os": "", "created": _LONG_AGO, "towpath.removes.tag": secrets.token_hex(16)}
    config = json.dumps(content).encode()
    descriptor = Descriptor(media_types.DOCKER_CONFIG, digest_of(config), len(config))

    async def source(offset: int) -> AsyncIterator[bytes]:
        yield config[offset:]

    await upload.push(session, repository, descriptor, source)
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.DOCKER_MANIFEST,
        "config": descriptor.to_json(),
        "layers": [],
    }
    return parse_manifest(json.dumps(document).encode())
