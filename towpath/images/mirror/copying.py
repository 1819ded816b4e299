"""Copying images into a registry: what is there is not sent, what another repository has is mounted.

An image's tag is set last, when everything below it and everything that refers to it is there: a run that was cut off
anywhere leaves either the whole image or none, and the next one sends only what is missing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field

from towpath.errors import TowpathError
from towpath.images.bounded import for_each
from towpath.images.mirror.image_source import ImageSource
from towpath.images.mirror.parts import Parts, read_parts
from towpath.images.mirror.presence import has_tag, holds, is_in_place
from towpath.images.mirror.sources import Sources
from towpath.images.mirror.wanted import Wanted
from towpath.oci.descriptor import Descriptor
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, manifest, referrer, upload
from towpath.registry_client.errors import (
    ReadOnlyError,
    RegistryError,
    ServerFailedError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
)
from towpath.registry_client.session import RegistrySession

IMAGES_AT_ONCE = 4
BLOBS_AT_ONCE = 6
"""With a chunk of each in memory."""
CHUNK_BYTES = 4 * 1024 * 1024
_EVERYWHERE = (UnauthorizedError, ReadOnlyError, UnreachableError, TimedOutError)

OnBytes = Callable[[int, int], None]
"""Takes bytes done and bytes in all."""
CheckRoom = Callable[[int], Awaitable[None]]
"""Raises NotEnoughSpaceError unless so many bytes fit into the registry's storage."""


@dataclass(slots=True)
class Outcome:
    """What a run came to: digests by target, a line a failure, and how much was copied."""

    placed: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    copied_images: int = 0
    copied_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many images a run would copy, and how many bytes at most."""

    images: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Job:
    wanted: Wanted
    source: ImageSource
    parts: Parts
    missing: tuple[Descriptor, ...]


class Copying:
    """One run into one registry."""

    def __init__(
        self,
        session: RegistrySession,
        sources: Sources,
        on_bytes: OnBytes,
        check_room: CheckRoom | None = None,
        suspect: Collection[str] = (),
    ) -> None:
        """`suspect` are targets whose tag does not prove that everything below it is there."""
        self._session = session
        self._sources = sources
        self._on_bytes = on_bytes
        self._check_room = check_room
        self._suspect = suspect
        self._outcome = Outcome()
        self._jobs: list[_Job] = []
        self._in_place: list[Wanted] = []
        self._homes: dict[str, str] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._blobs = asyncio.Semaphore(BLOBS_AT_ONCE)
        self._out_of_order: set[str] = set()
        self._total_bytes = 0
        self._done_bytes = 0

    async def run(self, wanted: Iterable[Wanted], others: Iterable[Wanted] = ()) -> Outcome:
        """Copy what is not in place. `others` are in place, and may have blobs that can be mounted.

        A failure ends its image, not the run; what would fail for every image of a registry is tried once.
        """
        await for_each(wanted, self._planned, IMAGES_AT_ONCE)
        if self._jobs:
            await for_each([*self._in_place, *others], self._learned, IMAGES_AT_ONCE)
            self._total_bytes = sum(self._missing_sizes().values())
            self._on_bytes(0, self._total_bytes)
            if self._check_room:
                await self._check_room(self._total_bytes)
            await for_each(self._jobs, self._copied, IMAGES_AT_ONCE)
        self._outcome.failures.sort()
        return self._outcome

    async def forecast(self, wanted: Iterable[Wanted]) -> Forecast:
        """Say what a run would copy, without writing; what cannot be read is left out, and a pinned image that is here.

        Layers that could be mounted from an image in place are not looked for.
        """

        async def one(image: Wanted) -> None:
            if not (image.pin and await has_tag(self._session, image)):
                await self._planned(image)

        await for_each(wanted, one, IMAGES_AT_ONCE)
        return Forecast(len(self._jobs), sum(self._missing_sizes().values()))

    def _missing_sizes(self) -> dict[str, int]:
        """Return the size of each blob that no repository is known to have."""
        return {b.digest: b.size_bytes for job in self._jobs for b in job.missing if b.digest not in self._homes}

    async def _planned(self, wanted: Wanted) -> None:
        """Find out whether an image is in place and, if not, what it consists of and what is missing."""
        if not wanted.digest:
            self._outcome.failures.append(f"{wanted}: its source did not answer as the program began; run it again")
            return
        if self._is_hopeless(wanted):
            return
        try:
            if wanted.expected and wanted.target not in self._suspect and await is_in_place(self._session, wanted):
                self._outcome.placed[wanted.target] = wanted.expected
                self._in_place.append(wanted)
                return
            source, digest = await self._sources.open(wanted)
            parts = await read_parts(source, digest, wanted)
            missing = await self._missing(wanted.repository, parts)
        except (TowpathError, OSError) as error:
            self._fail(wanted, error)
        else:
            self._jobs.append(_Job(wanted, source, parts, missing))

    async def _missing(self, repository: str, parts: Parts) -> tuple[Descriptor, ...]:
        missing: list[Descriptor] = []

        async def one(each: Descriptor) -> None:
            if await blob.exists(self._session, repository, each.digest):
                self._homes.setdefault(each.digest, repository)
            else:
                missing.append(each)

        await for_each(parts.blobs, one, BLOBS_AT_ONCE)
        return tuple(missing)

    async def _learned(self, wanted: Wanted) -> None:
        """Note which blobs an image that is in place has: they can be mounted."""
        if not wanted.expected:
            return
        try:
            waiting = [await manifest.get(self._session, wanted.repository, wanted.expected)]
            while waiting:
                part = waiting.pop()
                for each in part.blobs:
                    self._homes.setdefault(each.digest, wanted.repository)
                waiting += [
                    await manifest.get(self._session, wanted.repository, child.digest) for child in part.manifests
                ]
        except TowpathError:
            return  # then its blobs are not mounted, but sent

    async def _copied(self, job: _Job) -> None:
        wanted = job.wanted
        if self._is_hopeless(wanted):
            return
        try:
            await for_each(job.missing, lambda each: self._push_blob(job, each), BLOBS_AT_ONCE)
            for part in job.parts.manifests[:-1]:
                await self._put(wanted.repository, part)
            await self._put_referring(wanted.repository, job.parts)
            await referrer.put(self._session, wanted.repository, job.parts.top, wanted.tag)
        except (TowpathError, OSError) as error:
            self._fail(wanted, error)
        else:
            self._outcome.placed[wanted.target] = job.parts.top.digest
            self._outcome.copied_images += 1

    async def _put_referring(self, repository: str, parts: Parts) -> None:
        """Push what refers to an image; one at a time in a repository, which may keep one list of it."""
        async with self._locks.setdefault(repository, asyncio.Lock()):
            for referring in parts.referring:
                for part in referring.manifests[:-1]:
                    await self._put(repository, part)
                await self._put(repository, referring.manifests[-1], referring.tag)

    async def _push_blob(self, job: _Job, each: Descriptor) -> None:
        """Mount or send one blob; of two images that want the same, the second mounts what the first sent."""
        repository = job.wanted.repository
        async with self._locks.setdefault(each.digest, asyncio.Lock()), self._blobs:
            home = self._homes.get(each.digest)
            if home == repository:
                return
            sent = await upload.push_missing(
                self._session,
                repository,
                each,
                lambda offset: self._told(job.source.pieces(each, offset)),
                mount_from=[home] if home else [],
                chunk_bytes=CHUNK_BYTES,
            )
            self._homes.setdefault(each.digest, repository)
            self._outcome.copied_bytes += sent

    async def _told(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self._done_bytes = min(self._done_bytes + len(piece), self._total_bytes)
            self._on_bytes(self._done_bytes, self._total_bytes)
            yield piece

    async def _put(self, repository: str, part: Manifest, tag: str | None = None) -> None:
        if not await holds(self._session, repository, tag or part.digest, part.digest):
            await referrer.put(self._session, repository, part, tag)

    def _is_hopeless(self, wanted: Wanted) -> bool:
        for registry in (self._session.registry, wanted.at_upstream):
            if registry in self._out_of_order:
                self._outcome.failures.append(f"{wanted}: not tried, as {registry} failed before")
                return True
        return False

    def _fail(self, wanted: Wanted, error: TowpathError | OSError) -> None:
        if isinstance(error, _EVERYWHERE) and isinstance(error, RegistryError):
            self._out_of_order.add(error.registry)
        here = isinstance(error, ServerFailedError) and error.registry == self._session.registry
        hint = "; a full disk looks like this, too" if here else ""
        self._outcome.failures.append(f"{wanted}: {error}{hint}")
