"""What an image is copied from: manifests by digest, blobs from an offset, and what refers to a manifest."""

from collections.abc import AsyncIterator
from typing import Protocol

from towpath.images.content import Content
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, Verifier
from towpath.oci.manifest import Manifest
from towpath.registry_client import blob, manifest, referrer, tag
from towpath.registry_client.errors import NotFoundError
from towpath.registry_client.session import RegistrySession

_COSIGN_SUFFIXES = (".sig", ".att", ".sbom")


class ImageSource(Protocol):
    """Images with everything they consist of. Every call raises RegistryError, ImagesError or FormatError."""

    async def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest, its digest checked."""

    def pieces(self, descriptor: Descriptor, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on; from 0 on, DigestMismatchError at its end says that it does not hold."""

    async def referring(self, digest: Digest) -> list[tuple[Descriptor, str | None]]:
        """Return what refers to a manifest, each with the tag that it has for that, if it has one."""


class RegistrySource:
    """A repository of a registry. `tags` are the repository's, where cosign's signatures are to be found, too."""

    def __init__(self, session: RegistrySession, repository: str) -> None:
        self._session = session
        self._repository = repository
        self._tags: frozenset[str] | None = None

    async def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest, its digest checked."""
        return await manifest.get(self._session, self._repository, digest)

    async def pieces(self, descriptor: Descriptor, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on. What comes from its middle is checked by the registry that it goes to."""
        if offset:
            pieces = blob.read_from(self._session, self._repository, descriptor, offset)
        else:
            pieces = blob.read(self._session, self._repository, descriptor, Verifier(descriptor.digest))
        async for piece in pieces:
            yield piece

    async def referring(self, digest: Digest) -> list[tuple[Descriptor, str | None]]:
        """Return what refers to a manifest: by its `subject`, and by a tag that cosign makes of its digest."""
        found: list[tuple[Descriptor, str | None]] = [
            (entry, None) for entry in await referrer.referrers(self._session, self._repository, digest)
        ]
        tags = await self._all_tags()
        stem = digest.replace(":", "-")
        signed = [stem + suffix for suffix in _COSIGN_SUFFIXES if stem + suffix in tags]
        return found + [(await manifest.head(self._session, self._repository, name), name) for name in signed]

    async def _all_tags(self) -> frozenset[str]:
        if self._tags is None:
            try:
                self._tags = frozenset([name async for name in tag.tags(self._session, self._repository)])
            except NotFoundError:
                self._tags = frozenset()
        return self._tags


class ContentSource:
    """A layout or an archive. What refers to an image is there without a name of its own."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest, its digest checked."""
        return self._content.manifest(digest)

    def pieces(self, descriptor: Descriptor, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on."""
        return self._content.stream(descriptor.digest, offset)

    async def referring(self, digest: Digest) -> list[tuple[Descriptor, str | None]]:
        """Return what refers to a manifest."""
        unnamed = [named.descriptor for named in self._content.entries if named.repository is None]
        subjects = [(found, self._content.manifest(found.digest).subject) for found in unnamed]
        return [(found, None) for found, subject in subjects if subject and subject.digest == digest]
