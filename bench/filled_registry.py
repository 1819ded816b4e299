"""A registry with many images, for what lists or collects them."""

import json
from collections.abc import AsyncIterator

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.images.bounded import for_each
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import digest_of
from towpath.oci.manifest import parse_manifest
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


async def _push_repository(session: RegistrySession, repository: str, tags: int) -> None:
    config = json.dumps({"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z"}).encode()
    parts = []
    for content, kind in ((config, media_types.OCI_CONFIG), (b"layer" * 200, media_types.OCI_LAYER)):
        descriptor = Descriptor(kind, digest_of(content), len(content))
        await upload.push(session, repository, descriptor, _Source(content))
        parts.append(descriptor.to_json())
    for number in range(tags):
        document = {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "config": parts[0],
            "layers": parts[1:],
            "annotations": {"of": f"{repository}:{number}"},
        }
        await manifest.put(session, repository, parse_manifest(json.dumps(document).encode()), f"1.{number}.0")


class _Source:
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __call__(self, offset: int) -> AsyncIterator[bytes]:
        yield self._content[offset:]
