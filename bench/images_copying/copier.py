"""Copy what the file in this folder names, without the Pulumi engine: `python -m bench.images_copying.copier`."""

import asyncio
from pathlib import Path

from bench.images_copying.ends import Ends
from towpath.images.mirror.copying import Copying, Outcome
from towpath.images.mirror.sources import Sources


async def copy(folder: Path) -> Outcome:
    """Ask the source and the target about every image, and send what is missing."""
    ends = Ends.read(folder)
    async with Sources(ends.ways, folder) as sources, ends.access.session() as session:
        return await Copying(session, sources, lambda _done, _total: None).run(await ends.images(sources))


if __name__ == "__main__":
    if failures := asyncio.run(copy(Path.cwd())).failures:
        raise SystemExit("\n".join(failures))
