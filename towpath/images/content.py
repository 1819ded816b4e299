"""Images to copy in, from an OCI image layout or from what `docker save` writes, in a folder or a tar archive."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from towpath.images import docker_archive, store
from towpath.images.errors import InvalidLayoutError
from towpath.images.layout import INDEX_FILE, LAYOUT_FILE, Named, blob_path, check_layout, parse_index
from towpath.images.store import FolderStore, Store, TarStore
from towpath.oci.digest import Digest, verify
from towpath.oci.errors import DigestMismatchError
from towpath.oci.manifest import Manifest, parse_manifest


class Content(Protocol):
    """Images with everything they consist of."""

    entries: tuple[Named, ...]

    def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest, its digest checked. Raises InvalidLayoutError, InvalidManifestError."""

    def stream(self, digest: Digest, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on."""


class LayoutContent:
    """An OCI image layout. Raises InvalidLayoutError."""

    def __init__(self, files: Store) -> None:
        self._files = files
        check_layout(store.read(files, LAYOUT_FILE))
        self.entries = parse_index(store.read(files, INDEX_FILE))

    def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest, its digest checked."""
        name = blob_path(digest)
        body = store.read(self._files, name)
        try:
            verify(body, digest, f"{self._files.place}: {name}")
        except DigestMismatchError as error:
            raise InvalidLayoutError(str(error)) from None
        return parse_manifest(body, digest=digest)

    def stream(self, digest: Digest, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on."""
        return store.stream(self._files, blob_path(digest), offset)


class DockerArchiveContent:
    """What `docker save` wrote before Docker 25, turned into OCI manifests. Raises InvalidLayoutError."""

    def __init__(self, files: Store) -> None:
        self._files = files
        self._images = docker_archive.read_images(files)
        self._names = {digest: name for image in self._images for digest, name in image.files.items()}
        self._manifests = {image.manifest.digest: image.manifest for image in self._images}
        self.entries = tuple(named for image in self._images for named in image.entries)

    def manifest(self, digest: Digest) -> Manifest:
        """Return a manifest."""
        return self._manifests[digest]

    def stream(self, digest: Digest, offset: int) -> AsyncIterator[bytes]:
        """Give a blob from `offset` on."""
        return store.stream(self._files, self._names[digest], offset)


def open_content(path: Path) -> Content:
    """Find out what `path` is, and open it. Raises InvalidLayoutError."""
    if not path.exists():
        raise InvalidLayoutError(f"{path}: there is no such file or folder")
    files: Store = FolderStore(path) if path.is_dir() else TarStore(path)
    if files.size_bytes(LAYOUT_FILE) is not None:
        return LayoutContent(files)
    if files.size_bytes(docker_archive.MANIFEST_FILE) is not None:
        return DockerArchiveContent(files)
    raise InvalidLayoutError(
        f"{path}: is neither an OCI image layout (no {LAYOUT_FILE}) nor an archive of `docker save` (no "
        f"{docker_archive.MANIFEST_FILE})"
    )
