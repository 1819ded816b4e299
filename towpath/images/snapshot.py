"""What a registry holds at one moment, as a value. No I/O.

Manifests are looked at a repository at a time, as a registry links them; blobs are kept once for the whole registry.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from towpath.oci import media_types
from towpath.oci.digest import Digest

_COMPANION_TAG = re.compile(r"(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{64,128})(\.[A-Za-z0-9_.-]+)?")


class Blob(NamedTuple):
    """A configuration, a layer, or a manifest's own bytes."""

    digest: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """One manifest as a repository links it, without its bytes.

    `platforms` and `created` are the manifest's own: an index has what its entries say, and no date.
    """

    digest: Digest
    media_type: str
    size_bytes: int
    blobs: tuple[Blob, ...] = ()
    children: tuple[Digest, ...] = ()
    subject: Digest | None = None
    platforms: tuple[str, ...] = ()
    created: dt.datetime | None = None
    artifact_type: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it lists other manifests."""
        return self.media_type in media_types.INDEXES

    @property
    def stored(self) -> Iterator[Blob]:
        """Everything the registry stores for it alone: its bytes, configuration and layers."""
        yield Blob(self.digest, self.size_bytes)
        yield from self.blobs


@dataclass(frozen=True, slots=True)
class RepositoryRecord:
    """A repository: where its tags lead, and every manifest that is known of.

    `dangling`: tags that the registry lists, and of which it says that their manifest is not there. A registry deletes
    a manifest first and its tags after it, and stops in between when whoever asked for it is killed.
    """

    name: str
    tags: Mapping[str, Digest] = field(default_factory=dict)
    manifests: Mapping[Digest, ManifestRecord] = field(default_factory=dict)
    dangling: frozenset[str] = frozenset()

    def below(self, digest: Digest) -> Iterator[ManifestRecord]:
        """Give the manifest and those its indexes lead to, each once; what is missing is left out."""
        seen: set[Digest] = set()
        waiting = [digest]
        while waiting:
            current = waiting.pop()
            record = self.manifests.get(current)
            if record is None or current in seen:
                continue
            seen.add(current)
            yield record
            waiting.extend(reversed(record.children))

    def created(self, digest: Digest) -> dt.datetime | None:
        """When an image was made: of an index the latest of its images; None where none says."""
        return max((record.created for record in self.below(digest) if record.created), default=None)

    def platforms(self, digest: Digest) -> tuple[str, ...]:
        """Return what an image runs on, sorted."""
        return tuple(sorted({platform for record in self.below(digest) for platform in record.platforms}))

    def stored(self, digest: Digest) -> dict[Digest, int]:
        """Everything stored for an image, with what its indexes lead to: size in bytes by digest."""
        return {blob.digest: blob.size_bytes for record in self.below(digest) for blob in record.stored}

    def tags_of(self) -> dict[Digest, tuple[str, ...]]:
        """Turn the tags round: each tagged digest with its tags, sorted."""
        turned: dict[Digest, list[str]] = {}
        for tag in sorted(self.tags):
            turned.setdefault(self.tags[tag], []).append(tag)
        return {digest: tuple(tags) for digest, tags in turned.items()}


@dataclass(frozen=True, slots=True)
class Failure:
    """A part that could not be read; `place` is `repository`, `repository:tag` or `repository@digest`.

    `gone`: the registry itself said that it is not there, so nothing depends on what it might hold.
    """

    repository: str
    place: str
    message: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A registry, read as far as `failures` tell. `whole`: every repository was to be read, none left out."""

    registry: str
    repositories: Mapping[str, RepositoryRecord] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    whole: bool = True


def companion_of(tag: str) -> Digest | None:
    """Return the digest that a tag belongs to by its name alone; None for every other tag.

    `sha256-<hex>` is the list of referrers (OCI distribution specification 1.1, "Referrers Tag Schema");
    `sha256-<hex>.sig`, `.att`, `.sbom` are how cosign names signatures, attestations and SBOMs.
    """
    match = _COMPANION_TAG.fullmatch(tag)
    return Digest(match[1].replace("-", ":", 1)) if match else None


def total_bytes(blobs: Iterable[Mapping[Digest, int]]) -> int:
    """Sum sizes, each digest counted once."""
    merged: dict[Digest, int] = {}
    for part in blobs:
        merged.update(part)
    return sum(merged.values())
