"""Reading a registry: repositories → tags → digests → manifests → configurations, many at once.

What cannot be read is noted and passed; only what would fail everywhere (no connection, wrong credentials) ends it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from towpath.images.bounded import for_each
from towpath.images.snapshot import Blob, Failure, ManifestRecord, RepositoryRecord, Snapshot
from towpath.oci import media_types
from towpath.oci.descriptor import UNKNOWN, Descriptor, Platform
from towpath.oci.digest import Digest
from towpath.oci.errors import FormatError, InvalidManifestError
from towpath.oci.image_config import ImageConfig, parse_created, parse_image_config
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, catalog, manifest, referrer, tag
from towpath.registry_client.errors import (
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RefusedError,
    ServerFailedError,
)
from towpath.registry_client.session import RegistrySession
from towpath.registry_client.tree import MAX_DEPTH

_PASSED_OVER = (NotFoundError, ForbiddenError, RefusedError, ServerFailedError, ProtocolError, FormatError)
_MAX_CONFIG_BYTES = 4 * 1024 * 1024
_CREATED = "org.opencontainers.image.created"
_NO_CONFIG = ImageConfig(None, Platform("", ""))


class Detail(StrEnum):
    """How deep to read. `TAGS` leaves digests empty, `DIGESTS` leaves manifests out."""

    TAGS = "tags"
    DIGESTS = "digests"
    FULL = "full"


@dataclass(slots=True)
class Progress:
    """How far a walk is. The number of repositories is not known before its end."""

    repositories: int = 0
    tags: int = 0
    manifests: int = 0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read: `wanted` repositories (None: all), and how deep.

    `names`: read these, and do not look at the catalogue. `further`: manifests beside the tagged ones, by repository.
    `referrers`: ask what refers to each manifest. `configs`: in which repositories to read what says when an image was
    made, and for what.
    `on_manifest` gets each manifest as it was read, for whoever needs its bytes.
    """

    detail: Detail = Detail.FULL
    wanted: Callable[[str], bool] | None = None
    further: Mapping[str, Iterable[Digest]] = field(default_factory=dict)
    referrers: bool = False
    names: tuple[str, ...] | None = None
    configs: Callable[[str], bool] = lambda _: True
    on_manifest: Callable[[Manifest], None] = lambda _: None


async def walk(session: RegistrySession, scope: Scope | None = None, on_progress: OnProgress | None = None) -> Snapshot:
    """Read a registry. Raises RegistryError only for what would fail everywhere."""
    walker = _Walker(session, scope or Scope(), on_progress or (lambda _: None))
    return await walker.walk()


async def with_configs(session: RegistrySession, snapshot: Snapshot, images: Iterable[tuple[str, Digest]]) -> Snapshot:
    """Return the snapshot with what the configurations of some images say, by repository and digest.

    What cannot be read stays as it is. Raises RegistryError only for what would fail everywhere.
    """
    walker = _Walker(session, Scope(), lambda _: None)
    read: dict[str, dict[Digest, ManifestRecord]] = {}

    async def one(image: tuple[str, Digest]) -> None:
        await walker.read(*image, read.setdefault(image[0], {}))

    await for_each(images, one, session.limits.concurrency)
    records = dict(snapshot.repositories)
    for name, found in read.items():
        known = records[name].manifests
        records[name] = replace(records[name], manifests={digest: found.get(digest, known[digest]) for digest in known})
    return replace(snapshot, repositories=records)


class _Walker:
    def __init__(self, session: RegistrySession, scope: Scope, on_progress: OnProgress) -> None:
        self._session = session
        self._scope = scope
        self._on_progress = on_progress
        self._progress = Progress()
        self._repositories: dict[str, RepositoryRecord] = {}
        self._failures: list[Failure] = []
        self._gone: set[str] = set()
        self._blobs: dict[Digest, Blob] = {}
        self._configs: dict[Digest, ImageConfig] = {}
        self._first_referrers = asyncio.Lock()
        self._asked_referrers = False

    async def walk(self) -> Snapshot:
        await for_each(self._names(), self._repository, self._session.limits.concurrency)
        self._failures.sort(key=lambda failure: failure.place)
        return Snapshot(
            self._session.registry,
            dict(sorted(self._repositories.items())),
            tuple(self._failures),
            whole=self._scope.wanted is None and self._scope.names is None,
        )

    async def read(self, repository: str, digest: Digest, manifests: dict[Digest, ManifestRecord]) -> None:
        """Read one manifest with everything below it."""
        await self._manifest(repository, f"{repository}@{digest}", digest, manifests)

    async def _names(self) -> AsyncIterator[str]:
        if self._scope.names is not None:
            for name in self._scope.names:
                yield name
            return
        async for name in catalog.repositories(self._session):
            if self._scope.wanted is None or self._scope.wanted(name):
                yield name

    async def _repository(self, name: str) -> None:
        tags: dict[str, Digest] = {}
        manifests: dict[Digest, ManifestRecord] = {}
        dangling: set[str] = set()

        async def one_tag(label: str) -> None:
            await self._tag(name, label, tags, manifests)
            if label not in tags and f"{name}:{label}" in self._gone:
                dangling.add(label)

        async def one_digest(digest: Digest) -> None:
            await self.read(name, digest, manifests)

        try:
            await for_each(tag.tags(self._session, name), one_tag, self._session.limits.concurrency)
        except NotFoundError:
            tags.clear()  # a repository whose images are all gone stays in the catalogue
        except _PASSED_OVER as error:
            self._note(name, name, error)
        await for_each(self._scope.further.get(name, ()), one_digest, self._session.limits.concurrency)
        self._repositories[name] = RepositoryRecord(
            name, dict(sorted(tags.items())), dict(sorted(manifests.items())), frozenset(dangling)
        )
        self._progress.repositories += 1
        self._on_progress(self._progress)

    async def _tag(
        self, repository: str, label: str, tags: dict[str, Digest], manifests: dict[Digest, ManifestRecord]
    ) -> None:
        place = f"{repository}:{label}"
        if self._scope.detail is Detail.TAGS:
            tags[label] = Digest("")
        elif self._scope.detail is Detail.DIGESTS:
            try:
                tags[label] = (await manifest.head(self._session, repository, label)).digest
            except _PASSED_OVER as error:
                self._note(repository, place, error)
        else:
            digest = await self._manifest(repository, place, label, manifests)
            if digest:
                tags[label] = digest
        self._progress.tags += 1
        self._on_progress(self._progress)

    async def _manifest(
        self, repository: str, place: str, locator: str, manifests: dict[Digest, ManifestRecord], depth: int = 0
    ) -> Digest | None:
        """Read one manifest and everything below it and, where asked for, what refers to it."""
        if locator in manifests:
            return Digest(locator)
        try:
            if depth > MAX_DEPTH:
                raise InvalidManifestError(f"{place}: manifests name one another over {MAX_DEPTH} deep")
            found = await manifest.get(self._session, repository, locator)
        except _PASSED_OVER as error:
            self._note(repository, place, error)
            return None
        if found.digest in manifests:
            return found.digest
        self._scope.on_manifest(found)
        manifests[found.digest] = self._record(found, _NO_CONFIG)
        if not found.is_index and self._scope.configs(repository):
            manifests[found.digest] = self._record(found, await self._config(repository, place, found))
        self._progress.manifests += 1
        others = found.manifests
        if self._scope.referrers:
            others = (*others, *await self._referrers(repository, place, found.digest))
        for other in others:
            await self._manifest(repository, f"{repository}@{other.digest}", other.digest, manifests, depth + 1)
        return found.digest

    async def _config(self, repository: str, place: str, found: Manifest) -> ImageConfig:
        descriptor = found.config
        if (
            descriptor is None
            or descriptor.media_type not in media_types.IMAGE_CONFIGS
            or descriptor.size_bytes > _MAX_CONFIG_BYTES
        ):
            return _NO_CONFIG
        if descriptor.digest not in self._configs:
            try:
                body = await blob.get(self._session, repository, descriptor)
                self._configs[descriptor.digest] = parse_image_config(body)
            except _PASSED_OVER as error:
                self._note(repository, place, error)
                return _NO_CONFIG
        return self._configs[descriptor.digest]

    async def _referrers(self, repository: str, place: str, digest: Digest) -> tuple[Descriptor, ...]:
        """Ask only where the call exists: without it, the list is under a tag, which is read like any other.

        The first asks alone, since its answer may spare the others the question.
        """
        async with self._first_referrers:
            if not self._asked_referrers:
                self._asked_referrers = True
                return await self._ask_referrers(repository, place, digest)
        return await self._ask_referrers(repository, place, digest)

    async def _ask_referrers(self, repository: str, place: str, digest: Digest) -> tuple[Descriptor, ...]:
        if self._session.features.referrers is False:
            return ()
        try:
            return await referrer.referrers(self._session, repository, digest)
        except _PASSED_OVER as error:
            self._note(repository, place, error)
            return ()

    def _record(self, found: Manifest, config: ImageConfig) -> ManifestRecord:
        entries = [child.platform for child in found.manifests] if found.is_index else [config.platform]
        return ManifestRecord(
            digest=found.digest,
            media_type=found.media_type,
            size_bytes=len(found.body),
            blobs=tuple(self._blob(descriptor) for descriptor in found.blobs),
            children=tuple(child.digest for child in found.manifests),
            subject=found.subject.digest if found.subject else None,
            platforms=tuple(str(entry) for entry in entries if entry and str(entry) and entry.os != UNKNOWN),
            created=config.created or parse_created(found.annotations.get(_CREATED)),
            artifact_type=found.artifact_type,
        )

    def _blob(self, descriptor: Descriptor) -> Blob:
        return self._blobs.setdefault(descriptor.digest, Blob(descriptor.digest, descriptor.size_bytes))

    def _note(self, repository: str, place: str, error: Exception) -> None:
        failure = Failure(repository, place, str(error), isinstance(error, NotFoundError))
        self._failures.append(failure)
        if failure.gone:
            self._gone.add(place)
