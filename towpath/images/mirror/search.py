"""Ask the sources of a stack's images, beside whatever else the program does."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay, upstream_ways
from towpath.images.mirror.wanted import Wanted
from towpath.settings.settings import Settings


class MirrorSearch:
    """Begins at once; `result` waits for its end."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Begin. `folder` is where the paths of files begin."""
        self.ways = upstream_ways(settings)
        pool = ThreadPoolExecutor(1, "mirror")
        self._found: Future[list[Wanted]] = pool.submit(asyncio.run, _search(settings, self.ways, folder))
        pool.shutdown(wait=False)

    def result(self) -> list[Wanted]:
        """Return what each image is now, with its problem where its source did not say. Raises MirrorError."""
        return self._found.result()


async def _search(settings: Settings, ways: dict[str, UpstreamWay], folder: Path) -> list[Wanted]:
    async with Sources(ways, folder) as sources:
        return await resolve(settings.images.mirror, sources)
