"""The source: images of two platforms, with base layers that several share, as teams' images have them."""

import gzip
import json
import random
from dataclasses import dataclass

from bench.filled_registry import open_session, push_blob, push_manifest
from tests.lab.registry_server import RegistryServer
from towpath.images.bounded import for_each
from towpath.oci import media_types
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.registry_client import manifest
from towpath.registry_client.session import RegistrySession

PLATFORMS = ("amd64", "arm64")
BASES = 5
_AT_ONCE = 4


@dataclass(frozen=True)
class Sizes:
    """Bytes of a base layer, of an image's own layer, and of its small one; a platform each."""

    base: int
    own: int
    small: int

    def unique(self, images: int) -> int:
        """Return the bytes of all layers, each counted once."""
        return len(PLATFORMS) * (BASES * self.base + images * (self.own + self.small))


def names(images: int) -> list[str]:
    """Return the repositories; peers put them at the top level, so they are of one part."""
    return [f"app-{number:02}" for number in range(images)]


async def fill(server: RegistryServer, images: int, sizes: Sizes) -> dict[str, str]:
    """Push the images as `NAME:1`; return the digests of their indexes."""
    digests: dict[str, str] = {}
    async with open_session(server, _AT_ONCE) as session:

        async def one(name: str) -> None:
            base = int(name.removeprefix("app-")) % BASES
            children = [await _image(session, name, base, platform, sizes) for platform in PLATFORMS]
            entries = [
                child.descriptor.to_json() | {"platform": {"os": "linux", "architecture": platform}}
                for child, platform in zip(children, PLATFORMS, strict=True)
            ]
            document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
            index = parse_manifest(json.dumps(document).encode())
            await manifest.put(session, name, index, "1")
            digests[name] = index.digest

        await for_each(names(images), one, _AT_ONCE)
    return digests


async def _image(session: RegistrySession, name: str, base: int, platform: str, sizes: Sizes) -> Manifest:
    config = json.dumps({"os": "linux", "architecture": platform, "config": {"Labels": {"of": name}}}).encode()
    layers = [
        _layer(f"base {base} {platform}", sizes.base),
        _layer(f"own {name} {platform}", sizes.own),
        _layer(f"small {name} {platform}", sizes.small),
    ]
    parts = [await push_blob(session, name, config, media_types.OCI_CONFIG)]
    parts += [await push_blob(session, name, layer, f"{media_types.OCI_LAYER}+gzip") for layer in layers]
    return await push_manifest(session, name, parts, None)


def _layer(seed: str, size: int) -> bytes:
    """Return bytes that are gzip, since clients compress what is not, and that do not get smaller."""
    return gzip.compress(random.Random(seed).randbytes(size), compresslevel=0, mtime=0)  # noqa: S311 no secret
