"""Sources while they are open: a session a registry, a file read once, an engine's image saved once."""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from towpath.images.content import Content, open_content
from towpath.images.errors import MirrorError
from towpath.images.layout import Named
from towpath.images.mirror.image_source import ContentSource, ImageSource, RegistrySource
from towpath.images.mirror.source import EngineSource, FileSource, UpstreamSource
from towpath.images.mirror.upstream_way import UpstreamWay
from towpath.images.mirror.wanted import Wanted
from towpath.oci.digest import Digest, parse_digest
from towpath.oci.reference import Reference
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.transport import Limits

if TYPE_CHECKING:
    from towpath.images.mirror.docker_engine import DockerEngine


class Sources:
    """Opened with `async with`; what was opened on the way is closed at its end. `folder` is where paths begin."""

    def __init__(self, ways: Mapping[str, UpstreamWay], folder: Path, limits: Limits | None = None) -> None:
        self._ways = ways
        self._folder = folder
        self._limits = limits
        self._open = AsyncExitStack()
        self._sessions: dict[str, RegistrySession] = {}
        self._repositories: dict[tuple[str, str], RegistrySource] = {}
        self._contents: dict[str, Content] = {}
        self._engine: DockerEngine | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was opened."""
        await self._open.aclose()

    async def session(self, registry: str) -> RegistrySession:
        """Return the session of an upstream registry."""
        async with self._turn:
            if registry not in self._sessions:
                way = self._ways.get(registry) or UpstreamWay(registry)
                self._sessions[registry] = await self._open.enter_async_context(way.session(self._limits))
            return self._sessions[registry]

    async def repository(self, reference: Reference) -> RegistrySource:
        """Return a repository of an upstream registry; always the same one, which knows its tags once asked."""
        session = await self.session(reference.registry)
        key = (reference.registry, reference.repository)
        return self._repositories.setdefault(key, RegistrySource(session, reference.repository))

    async def engine(self) -> "DockerEngine":
        """Return the Docker engine."""
        from towpath.images.mirror.docker_engine import DockerEngine  # noqa: PLC0415 only its images pay for httpx

        async with self._turn:
            if self._engine is None:
                self._engine = await self._open.enter_async_context(DockerEngine())
            return self._engine

    async def content(self, path: str) -> Content:
        """Return a file's content. Raises InvalidLayoutError."""
        async with self._turn:
            if path not in self._contents:
                self._contents[path] = await asyncio.to_thread(open_content, self._folder / path)
            return self._contents[path]

    async def open(self, wanted: Wanted) -> tuple[ImageSource, Digest]:
        """Return where to copy an image from, and its digest there.

        Raises MirrorError where a file is not any more what it was when the image was planned, and the others.
        """
        origin = wanted.origin
        if isinstance(origin, UpstreamSource):
            return await self.repository(origin.reference), parse_digest(wanted.digest)
        if isinstance(origin, FileSource):
            content = await self.content(origin.path)
            if wanted.digest not in {named.descriptor.digest for named in content.entries}:
                raise MirrorError(f"{origin.path}: was changed since it was looked at; run it again")
            return ContentSource(content), parse_digest(wanted.digest)
        return await self._saved(origin, wanted)

    async def _saved(self, origin: EngineSource, wanted: Wanted) -> tuple[ImageSource, Digest]:
        engine = await self.engine()
        if (await engine.inspect(origin.name)).image_id != wanted.digest:
            raise MirrorError(f"Docker engine: {origin.name}: was made anew since it was looked at; run it again")
        async with self._turn:
            if wanted.digest not in self._contents:
                folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="towpath-"))
                archive = Path(folder) / "image.tar"
                await engine.save(origin.name, archive)
                self._contents[wanted.digest] = await asyncio.to_thread(open_content, archive)
            content = self._contents[wanted.digest]
        return ContentSource(content), content.entries[0].descriptor.digest


def select_entry(content: Content, path: str, name: str) -> Named:
    """Return the entry of a file that `name` (`repository:tag` or a tag) means; with no name, the only image.

    Raises MirrorError.
    """
    images = [e for e in content.entries if e.repository or e.tag or not content.manifest(e.descriptor.digest).subject]
    found = [entry for entry in images if not name or name in _names(entry)]
    if len({entry.descriptor.digest for entry in found}) == 1:
        return found[0]
    there = ", ".join(sorted(_names(entry)[0] for entry in images)) or "no images"
    if not found:
        raise MirrorError(f"{path}: has no image {name}; it has {there}")
    raise MirrorError(f"{path}: holds several images; say which in `image`: {there}")


def _names(entry: Named) -> tuple[str, ...]:
    if entry.repository and entry.tag:
        return f"{entry.repository}:{entry.tag}", entry.tag
    return (entry.tag or entry.repository or entry.descriptor.digest,)
