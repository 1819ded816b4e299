"""`MirroredImages`: copies of other registries' images in the stack's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from components.dynamic.image_mirror import ImageMirror
from towpath.access.registry_access import RegistryAccess
from towpath.images.mirror.room import StorageFolder
from towpath.images.mirror.upkeep import foresee
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted


@dataclass(frozen=True)
class MirroredImagesArgs:
    """Which images, and the ways to both ends."""

    registry: str
    """`HOST:PORT` of the stack's own."""
    access: pulumi.Output[dict[str, Any]]
    """Record of a `RegistryAccess`, secret."""
    images: Sequence[Wanted]
    ways: Mapping[str, UpstreamWay]
    """To the upstream registries, by host."""
    storage: StorageFolder | None = None
    """Where the registry's disk can be asked for room."""
    present: RegistryAccess | None = None
    """What the registry takes now; a preview of another password knows `access` only in the `up`."""


class MirroredImages(pulumi.ComponentResource):
    """All copies as one resource. Does not delete: an image that is not wanted any more is left to retention."""

    placed: pulumi.Output[dict[str, str]]
    """Digests by `repository:tag`."""

    def __init__(self, name: str, args: MirroredImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Copy what `args` name."""
        super().__init__("towpath:index:MirroredImages", name, {}, opts)
        images = {wanted.target: wanted.to_record() for wanted in args.images}
        ways = {host: way.to_record() for host, way in args.ways.items()}
        mirror = ImageMirror(
            f"{name}-copies",
            {
                "registry": args.registry,
                "images": images,
                "access": args.access,
                "ways": pulumi.Output.secret(ways),
                "storage": pulumi.Output.secret(args.storage.to_record() if args.storage else {}),
            },
            pulumi.ResourceOptions(parent=self),
        )
        if pulumi.runtime.is_dry_run():
            now = pulumi.Output.from_input(args.present.to_record()) if args.present else args.access
            _told: pulumi.Output[bool] = now.apply(
                lambda access: _foretell({"images": images, "access": access, "ways": ways})
            )
        self.placed = mirror.placed
        self.register_outputs({"placed": self.placed})


async def _foretell(properties: dict[str, Any]) -> bool:
    """Say in the preview how much there is to copy, where the registry can be asked already."""
    line = await foresee(properties, Path.cwd())
    if line:
        pulumi.log.info(f"images.mirror: {line}")
    return bool(line)
