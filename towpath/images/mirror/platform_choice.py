"""An index with only some of its platforms. No I/O.

One platform gives that image itself, under its own digest, as other clients do (`crane copy --platform`). Several give
a new index of the chosen entries, byte for byte the same each time: its digest is another, those of its images stay.
"""

import json
from collections.abc import Iterable

from towpath.images.errors import MirrorError
from towpath.oci.descriptor import Descriptor, Platform
from towpath.oci.digest import Digest
from towpath.oci.manifest import Manifest, parse_manifest

_OF_AN_IMAGE = "vnd.docker.reference.digest"
"""BuildKit's annotation on an attestation's entry: the image that it is of."""


def choose_platforms(index: Manifest, platforms: Iterable[str], what: str) -> Descriptor | Manifest:
    """Return the one entry that is wanted, or an index of several. Raises MirrorError where a platform is missing."""
    wanted = [Platform.parse(text) for text in platforms]
    chosen = {entry.digest: entry for platform in wanted for entry in _entries_of(index, platform, what)}
    if len(wanted) == 1 and len(chosen) == 1:
        return next(iter(chosen.values()))
    attesting = (entry.digest for entry in index.manifests if entry.annotations.get(_OF_AN_IMAGE) in chosen)
    return _reduced(index, {*chosen, *attesting})


def _entries_of(index: Manifest, platform: Platform, what: str) -> list[Descriptor]:
    found = [entry for entry in index.manifests if entry.platform and _fits(entry.platform, platform)]
    if not found:
        there = ", ".join(sorted({str(e.platform) for e in index.manifests if e.platform})) or "no platforms"
        raise MirrorError(f"{what}: has no image for {platform}; it has {there}")
    return found


def _fits(entry: Platform, wanted: Platform) -> bool:
    return (entry.os, entry.architecture) == (wanted.os, wanted.architecture) and wanted.variant in ("", entry.variant)


def _reduced(index: Manifest, kept: set[Digest]) -> Manifest:
    document = json.loads(index.body)
    document["manifests"] = [entry for entry in document["manifests"] if entry["digest"] in kept]
    document["mediaType"] = index.media_type
    return parse_manifest(json.dumps(document, separators=(",", ":")).encode(), index.media_type)
