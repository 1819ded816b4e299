"""Writing an OCI image layout: each file whole or not at all, partial blobs kept to go on from."""

import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

from towpath.images.layout import INDEX_FILE, LAYOUT_BODY, LAYOUT_FILE, blob_path, compose_index, merged, parse_index
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, Verifier

_PARTIAL = ".partial"
_PIECE_BYTES = 1024 * 1024


class LayoutFolder:
    """A layout in the making. Blobs count once they have their name; the images count once index.json names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, descriptor: Descriptor) -> bool:
        """Whether a blob is there whole: it gets its name only after its digest was checked."""
        path = self._folder / blob_path(descriptor.digest)
        return path.is_file() and path.stat().st_size == descriptor.size_bytes

    def partial_bytes(self, descriptor: Descriptor) -> int:
        """Return how much of a blob an earlier run left behind."""
        path = self._partial(descriptor.digest)
        return min(path.stat().st_size, descriptor.size_bytes) if path.is_file() else 0

    def resumed(self, descriptor: Descriptor) -> Verifier:
        """Return a verifier that has taken what an earlier run left; what is longer than the blob is thrown away."""
        path = self._partial(descriptor.digest)
        verifier = Verifier(descriptor.digest)
        if path.is_file() and path.stat().st_size > descriptor.size_bytes:
            path.unlink()
        if path.is_file():
            with path.open("rb") as stream:
                while piece := stream.read(_PIECE_BYTES):
                    verifier.update(piece)
        return verifier

    async def write_blob(self, descriptor: Descriptor, pieces: AsyncIterator[bytes]) -> None:
        """Add the pieces, which raise at their end if the whole does not hold, to what is there; then name it."""
        path = self._partial(descriptor.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor_file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        with os.fdopen(descriptor_file, "ab") as stream:
            async for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        path.replace(self._folder / blob_path(descriptor.digest))

    def drop_partial(self, digest: Digest) -> None:
        """Throw away what did not hold, so that the next run begins anew."""
        self._partial(digest).unlink(missing_ok=True)

    def write_document(self, digest: Digest, body: bytes) -> None:
        """Write a manifest."""
        self._write(self._folder / blob_path(digest), body)

    def finish(self, entries: list[Descriptor]) -> None:
        """Name the images in index.json, beside those that are named there already. Raises InvalidLayoutError."""
        self._write(self._folder / LAYOUT_FILE, LAYOUT_BODY)
        index = self._folder / INDEX_FILE
        old = parse_index(index.read_bytes()) if index.is_file() else ()
        self._write(index, compose_index(merged(old, entries)))

    def pack(self, archive: Path) -> None:
        """Make a tar archive of the layout: the same layout gives the same bytes."""
        made = archive.with_name(archive.name + _PARTIAL)
        with tarfile.open(made, "w", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(self._folder.rglob("*")):
                if path.is_file() and path.suffix != _PARTIAL:
                    tar.add(path, str(path.relative_to(self._folder)), filter=_anonymous)
        made.replace(archive)

    def _partial(self, digest: Digest) -> Path:
        return self._folder / (blob_path(digest) + _PARTIAL)

    def _write(self, path: Path, body: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(path.name + _PARTIAL)
        made.write_bytes(body)
        made.replace(path)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o644
    return member
