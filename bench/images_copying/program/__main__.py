"""The copied images of a stack and nothing else, by the product's own component."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi

from components.plugin_start import DYNAMIC, start_plugins

start_plugins([DYNAMIC])

# Imported while the plugin starts, as by the product's own program.
from bench.images_copying.ends import Ends  # noqa: E402
from components.image_mirror import MirroredImages, MirroredImagesArgs  # noqa: E402
from towpath.images.mirror.sources import Sources  # noqa: E402
from towpath.images.mirror.wanted import Wanted  # noqa: E402

PROJECT = Path.cwd()
ends = Ends.read(PROJECT)


async def search() -> list[Wanted]:
    """Ask the source, as a stack's program does."""
    async with Sources(ends.ways, PROJECT) as sources:
        return await ends.images(sources)


access = pulumi.Output.secret(ends.access.to_record())
with ThreadPoolExecutor(1) as pool:  # the program itself is in a loop already
    images = pool.submit(asyncio.run, search()).result()
mirrored = MirroredImages("mirror", MirroredImagesArgs(ends.target, access, images, ends.ways))
pulumi.export("images", mirrored.placed)
