"""A snapshot as rows: an image a tag, and a summary a repository. No I/O."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from towpath.images.snapshot import RepositoryRecord, Snapshot, total_bytes
from towpath.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One tag. `unique_bytes` would go with this image alone; the rest of `size_bytes` others use too.

    An image is a digest in a repository: two tags of one digest are one image.
    """

    repository: str
    tag: str
    digest: Digest
    media_type: str = ""
    platforms: tuple[str, ...] = ()
    created: dt.datetime | None = None
    size_bytes: int | None = None
    unique_bytes: int | None = None
    shared_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One repository. `unique_bytes` are used by no other repository; the rest of `size_bytes` others use too."""

    repository: str
    tags: int
    images: int
    size_bytes: int
    unique_bytes: int
    shared_bytes: int


def image_rows(snapshot: Snapshot) -> list[ImageRow]:
    """Return a row a tag, by repository and tag."""
    users: Counter[Digest] = Counter()
    for repository in snapshot.repositories.values():
        for digest in set(repository.tags.values()):
            users.update(repository.stored(digest).keys())
    return [
        _image_row(repository, tag, repository.tags[tag], users)
        for _, repository in sorted(snapshot.repositories.items())
        for tag in sorted(repository.tags)
    ]


def usage_rows(snapshot: Snapshot) -> list[UsageRow]:
    """Return a row a repository, the largest first; manifests without a tag count where the snapshot has them."""
    users: Counter[Digest] = Counter()
    stored = {name: _stored(repository) for name, repository in snapshot.repositories.items()}
    for blobs in stored.values():
        users.update(blobs.keys())
    rows = []
    for name, repository in snapshot.repositories.items():
        size = sum(stored[name].values())
        unique = sum(bytes_ for digest, bytes_ in stored[name].items() if users[digest] == 1)
        images = len(set(repository.tags.values()))
        rows.append(UsageRow(name, len(repository.tags), images, size, unique, size - unique))
    return sorted(rows, key=lambda row: (-row.size_bytes, row.repository))


def registry_bytes(snapshot: Snapshot) -> int:
    """Sum everything that is known of, each blob counted once over the whole registry."""
    return total_bytes(_stored(repository) for repository in snapshot.repositories.values())


def _stored(repository: RepositoryRecord) -> dict[Digest, int]:
    return {blob.digest: blob.size_bytes for record in repository.manifests.values() for blob in record.stored}


def _image_row(repository: RepositoryRecord, tag: str, digest: Digest, users: Counter[Digest]) -> ImageRow:
    record = repository.manifests.get(digest)
    if record is None:
        return ImageRow(repository.name, tag, digest)
    stored = repository.stored(digest)
    size = sum(stored.values())
    unique = sum(bytes_ for part, bytes_ in stored.items() if users[part] == 1)
    return ImageRow(
        repository=repository.name,
        tag=tag,
        digest=digest,
        media_type=record.media_type,
        platforms=repository.platforms(digest),
        created=repository.created(digest),
        size_bytes=size,
        unique_bytes=unique,
        shared_bytes=size - unique,
    )
