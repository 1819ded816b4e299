"""Ask the sources of a stack's images, beside whatever else the program does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from towpath.images.mirror.resolve import resolve
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.upstream_way import UpstreamWay, upstream_ways
from towpath.images.mirror.wanted import Wanted
from towpath.settings.settings import Settings


class MirrorSearch:
    """Begins at once; what asks for its findings waits for its end.

    Raises MirrorError, ExternalLoginError and UntrustedCertificateError then.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Begin. `folder` is where the paths of files begin."""
        pool = ThreadPoolExecutor(1, "mirror")
        self._found = pool.submit(_search, settings, folder)
        pool.shutdown(wait=False)

    def result(self) -> list[Wanted]:
        """Return what each image is now, with its problem where its source did not say."""
        return self._found.result()[0]

    @property
    def ways(self) -> dict[str, UpstreamWay]:
        """The ways to the upstreams, by host."""
        return self._found.result()[1]


def _search(settings: Settings, folder: Path) -> tuple[list[Wanted], dict[str, UpstreamWay]]:
    ways = upstream_ways(settings)

    async def run() -> list[Wanted]:
        async with Sources(ways, folder) as sources:
            return await resolve(settings.images.mirror, sources)

    return asyncio.run(run()), ways
