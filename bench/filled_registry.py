"""A registry with many images, for what lists or collects them."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.images.bounded import for_each
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import manifest, upload
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits


def open_session(server: RegistryServer, concurrency: int) -> RegistrySession:
    """Open a session as the command line does."""
    endpoint = Endpoint(server.host, server.ca_pem)
    return RegistrySession(endpoint, Credentials(ACCOUNT, PASSWORD), limits=Limits(concurrency=concurrency))


async def fill(server: RegistryServer, repositories: int, tags: int) -> None:
    """Push images of one small shared layer, each with a digest of its own."""
    async with open_session(server, 4) as session:

        async def one(number: int) -> None:
            await _push_repository(session, f"team-{number % 10}/app-{number:03}", tags)

        await for_each(range(repositories), one, 4)


async def push_blob(session: RegistrySession, repository: str, content: bytes, kind: str) -> Descriptor:
    """Push one blob of this media type."""
    descriptor = Descriptor(kind, digest_of(content), len(content))

    async def source(offset: int) -> AsyncIterator[bytes]:
        yield content[offset:]

    await upload.push(session, repository, descriptor, source)
    return descriptor


async def push_manifest(
    session: RegistrySession, repository: str, parts: Sequence[Descriptor], tag: str | None, name: str = ""
) -> Manifest:
    """Push an image of a configuration and layers, in this order; `name` makes it differ from others of the same."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": parts[0].to_json(),
        "layers": [part.to_json() for part in parts[1:]],
    }
    if name:
        document["annotations"] = {"of": name}
    image = parse_manifest(json.dumps(document).encode())
    await manifest.put(session, repository, image, tag)
    return image


async def _push_repository(session: RegistrySession, repository: str, tags: int) -> None:
    config = json.dumps({"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z"}).encode()
    parts = [
        await push_blob(session, repository, config, media_types.OCI_CONFIG),
        await push_blob(session, repository, b"layer" * 200, media_types.OCI_LAYER),
    ]
    for number in range(tags):
        await push_manifest(session, repository, parts, f"1.{number}.0", f"{repository}:{number}")
