"""A small image that is pushed and pulled after a collection, to see that writes arrive.

Its content is always the same, so from the second collection on it is among what was swept: a server that still
believes to have its blobs loses it, as it would lose an image of a user that is pushed again (distribution issue 4269).
"""

import functools
import json
from collections.abc import AsyncIterator

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.manifest import parse_manifest
from towpath.registry_client import blob, manifest, upload
from towpath.registry_client.errors import DeleteDisabledError, NotFoundError
from towpath.registry_client.session import RegistrySession

_TAG = "canary"
_LAYER = b"towpath: can a registry store and give back an image?\n"
_CONFIG = json.dumps(
    {"architecture": "unknown", "os": "unknown", "rootfs": {"type": "layers", "diff_ids": []}}
).encode()
_BLOBS = (
    (Descriptor(media_types.OCI_CONFIG, digest_of(_CONFIG), len(_CONFIG)), _CONFIG),
    (Descriptor(media_types.OCI_LAYER, digest_of(_LAYER), len(_LAYER)), _LAYER),
)
_CANARY = parse_manifest(
    json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "config": _BLOBS[0][0].to_json(),
            "layers": [_BLOBS[1][0].to_json()],
        }
    ).encode()
)

DIGESTS: frozenset[Digest] = frozenset({_CANARY.digest, *(descriptor.digest for descriptor, _ in _BLOBS)})
"""Everything it leaves behind in the storage, some hundred bytes: by itself no reason for a collection."""


async def push_and_pull(session: RegistrySession, repository: str) -> None:
    """Push it, read every byte back, and delete it. Raises RegistryError kinds and DigestMismatchError."""
    for descriptor, content in _BLOBS:
        await upload.push(session, repository, descriptor, functools.partial(_source, content))
    await manifest.put(session, repository, _CANARY, _TAG)
    found = await manifest.get(session, repository, _TAG)
    for descriptor in found.blobs:
        await blob.get(session, repository, descriptor)
    await remove(session, repository)


async def remove(session: RegistrySession, repository: str) -> None:
    """Delete it, if it is there and can be."""
    try:
        await manifest.delete(session, repository, _CANARY.digest)
    except (NotFoundError, DeleteDisabledError):
        return


async def _source(content: bytes, offset: int) -> AsyncIterator[bytes]:
    yield content[offset:]
