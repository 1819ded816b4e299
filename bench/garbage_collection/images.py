"""The images of the registry that is collected: some are kept, others become garbage and are pushed again."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.filled_registry import push_blob, push_manifest
from towpath.access.registry_access import RegistryAccess
from towpath.images.bounded import for_each
from towpath.oci import media_types
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, manifest
from towpath.registry_client.errors import RegistryError
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits

T = TypeVar("T")

KEPT, GARBAGE = "kept", "garbage"
_AT_ONCE = 4
_CONFIG = b'{"os": "linux", "architecture": "amd64"}'


@dataclass(frozen=True)
class Sizes:
    """How many images are kept and how many go, with a layer of so many bytes each."""

    kept: int
    garbage: int
    layer_bytes: int

    @property
    def conditions(self) -> dict[str, int]:
        """What a result says of them."""
        return {"images_kept": self.kept, "images_gone": self.garbage, "layer_bytes": self.layer_bytes}


def in_session(access: RegistryAccess, work: Callable[[RegistrySession], Awaitable[T]]) -> T:
    """Do something in a session of its own."""

    async def opened() -> T:
        async with access.session(Limits(concurrency=_AT_ONCE)) as session:
            return await work(session)

    return asyncio.run(opened())


async def push(session: RegistrySession, repository: str, names: Sequence[str], layer_bytes: int) -> list[Manifest]:
    """Push images of one configuration, with a layer of their own each, whose content follows from the name."""
    images: dict[str, Manifest] = {}
    config = await push_blob(session, repository, _CONFIG, media_types.OCI_CONFIG)

    async def one(name: str) -> None:
        layer = await push_blob(session, repository, layer_of(name, layer_bytes), media_types.OCI_LAYER)
        images[name] = await push_manifest(session, repository, [config, layer], name, name)

    await for_each(names, one, _AT_ONCE)
    return [images[name] for name in names]


async def delete(session: RegistrySession, images: Sequence[Manifest]) -> None:
    """Delete the manifests of what is to be garbage."""
    await for_each(images, lambda image: manifest.delete(session, GARBAGE, image.digest), _AT_ONCE)


async def can_push_again(session: RegistrySession, gone: Manifest, name: str, layer_bytes: int) -> bool:
    """Push an image that was collected as clients do, which send only what the server says it has not; pull it."""
    for descriptor, content in zip(gone.blobs, (_CONFIG, layer_of(name, layer_bytes)), strict=True):
        if not await blob.exists(session, GARBAGE, descriptor.digest):
            await push_blob(session, GARBAGE, content, descriptor.media_type)
    try:
        await manifest.put(session, GARBAGE, gone, name)
        for descriptor in gone.blobs:
            await blob.get(session, GARBAGE, descriptor)
    except RegistryError:
        return False
    finally:
        await manifest.delete(session, GARBAGE, gone.digest)
    return True


def layer_of(name: str, layer_bytes: int) -> bytes:
    """Return the layer of the image of this name."""
    return random.Random(name).randbytes(layer_bytes)  # noqa: S311 no secret


def check(stored: set[str], kept: Sequence[Manifest], gone: Sequence[Manifest], who: str) -> None:
    """Raise RuntimeError unless the storage has the layers of all that is kept, and of nothing that went."""
    if lost := [image for image in kept if image.blobs[-1].digest.removeprefix("sha256:") not in stored]:
        raise RuntimeError(f"{who} lost {len(lost)} layers that are in use")
    if left := [image for image in gone if image.blobs[-1].digest.removeprefix("sha256:") in stored]:
        raise RuntimeError(f"{who} left {len(left)} layers of garbage")
