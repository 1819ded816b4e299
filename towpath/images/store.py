"""Files to read from: a folder, or a tar archive that is read where it lies, without being unpacked."""

import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from towpath.images.errors import InvalidLayoutError

PIECE_BYTES = 1024 * 1024
MAX_DOCUMENT_BYTES = 8 * 1024 * 1024


class Store(Protocol):
    """Named files of known size."""

    place: str

    def size_bytes(self, name: str) -> int | None:
        """Return a file's size; None if there is no such file."""

    def open(self, name: str) -> tuple[BinaryIO, int, int]:
        """Open a file: a stream, where in it the file begins, and how long it is. Raises InvalidLayoutError."""


class FolderStore:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = str(folder)

    def size_bytes(self, name: str) -> int | None:
        """Return a file's size; None if there is no such file."""
        path = self._folder / name
        return path.stat().st_size if path.is_file() else None

    def open(self, name: str) -> tuple[BinaryIO, int, int]:
        """Open a file. Raises InvalidLayoutError."""
        size = self.size_bytes(name)
        if size is None:
            raise InvalidLayoutError(f"{self.place}: {name} is missing; it is incomplete, make it again")
        return (self._folder / name).open("rb"), 0, size


class TarStore:
    """A tar archive, not compressed. Raises InvalidLayoutError where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = str(path)
        try:
            with tarfile.open(path, "r:") as archive:
                members = {_normal(member.name): member for member in archive}
        except (tarfile.TarError, OSError) as error:
            raise InvalidLayoutError(
                f"{path}: cannot be read as a tar archive ({error}); if it is compressed, decompress it first"
            ) from None
        self._files = {name: found for name in members if (found := _resolved(members, name))}

    def size_bytes(self, name: str) -> int | None:
        """Return a file's size; None if there is no such file."""
        found = self._files.get(_normal(name))
        return found.size if found else None

    def open(self, name: str) -> tuple[BinaryIO, int, int]:
        """Open a file. Raises InvalidLayoutError."""
        found = self._files.get(_normal(name))
        if found is None:
            raise InvalidLayoutError(f"{self.place}: {name} is missing; it is incomplete, make it again")
        return self._path.open("rb"), found.offset_data, found.size


def read(store: Store, name: str) -> bytes:
    """Read a small file whole. Raises InvalidLayoutError."""
    stream, start, size = store.open(name)
    with stream:
        if size > MAX_DOCUMENT_BYTES:
            raise InvalidLayoutError(f"{store.place}: {name} has {size} bytes, more than such a document can have")
        stream.seek(start)
        return stream.read(size)


def pieces(store: Store, name: str, offset: int = 0) -> Iterator[bytes]:
    """Read a file from `offset` to its end, in pieces. Raises InvalidLayoutError."""
    stream, start, size = store.open(name)
    with stream:
        stream.seek(start + offset)
        left = size - offset
        while left > 0:
            piece = stream.read(min(PIECE_BYTES, left))
            if not piece:
                raise InvalidLayoutError(f"{store.place}: {name} ends {left} bytes early; it was cut off")
            left -= len(piece)
            yield piece


async def stream(store: Store, name: str, offset: int) -> AsyncIterator[bytes]:
    """Read as `pieces` does, for an upload."""
    for piece in pieces(store, name, offset):
        yield piece


def _normal(name: str) -> str:
    return str(PurePosixPath(name)).removeprefix("/")


def _resolved(members: dict[str, tarfile.TarInfo], name: str) -> tarfile.TarInfo | None:
    """Follow links within the archive: Docker before 25 writes a layer that comes twice as a link."""
    seen = set()
    while (member := members.get(name)) and not member.isfile():
        if name in seen or not (member.issym() or member.islnk()):
            return None
        seen.add(name)
        name = _beside(name, member.linkname) if member.issym() else _normal(member.linkname)
    return member


def _beside(name: str, target: str) -> str:
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *PurePosixPath(target).parts):
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)
