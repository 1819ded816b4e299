"""Manifests and indexes of all four kinds, read from their exact bytes.

Sources: OCI image specification 1.1, "Image Manifest" and "Image Index"; Docker image manifest version 2, schema 2.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of
from towpath.oci.errors import InvalidManifestError

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
"""The size that a registry has to accept at least (OCI distribution specification 1.1, "Pushing Manifests")."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest (`config`, `layers`) or an index (`manifests`), with the bytes that its digest is made of."""

    digest: Digest
    media_type: str
    body: bytes = field(repr=False)
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_index(self) -> bool:
        """Whether it lists other manifests rather than layers."""
        return self.media_type in media_types.INDEXES

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor under which others name this manifest."""
        return Descriptor(self.media_type, self.digest, len(self.body))

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """The configuration and the layers that a registry keeps, each digest once, in order."""
        named = ((self.config,) if self.config else ()) + self.layers
        return tuple({blob.digest: blob for blob in named if blob.stored}.values())


def parse_manifest(body: bytes, media_type: str | None = None, digest: Digest | None = None) -> Manifest:
    """Read a manifest. `media_type` is the Content-Type it came with; `digest` is trusted, else computed.

    Raises InvalidManifestError: no JSON, an unknown kind, another kind than it came as, or a broken descriptor.
    """
    document = _document(body)
    kind = _kind(document, (media_type or "").partition(";")[0].strip())
    config = document.get("config")
    subject = document.get("subject")
    is_index = kind in media_types.INDEXES
    if not is_index and config is None:
        raise InvalidManifestError("a manifest without config is no image manifest")
    annotations = document.get("annotations") or {}
    return Manifest(
        digest=digest or digest_of(body),
        media_type=kind,
        body=body,
        config=None if is_index else Descriptor.from_json(config, "config"),
        layers=() if is_index else _descriptors(document, "layers"),
        manifests=_descriptors(document, "manifests") if is_index else (),
        subject=Descriptor.from_json(subject, "subject") if subject else None,
        artifact_type=str(document.get("artifactType") or ""),
        annotations=annotations if isinstance(annotations, dict) else {},
    )


def _document(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_MANIFEST_BYTES:
        raise InvalidManifestError(f"a manifest of {len(body)} bytes is over the bound of {MAX_MANIFEST_BYTES}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidManifestError("a manifest must be JSON, and this is not") from None
    if not isinstance(document, dict):
        raise InvalidManifestError("a manifest must be a JSON object")
    if document.get("schemaVersion") != 2:  # noqa: PLR2004  # the only version of all four kinds
        raise InvalidManifestError(
            f"schemaVersion {document.get('schemaVersion')!r} cannot be read, only 2; push the image again with a "
            "current client"
        )
    return document


def _kind(document: dict[str, Any], came_as: str) -> str:
    """Decide the kind: the document's own word, else its Content-Type, else its shape (OCI leaves mediaType out)."""
    own = document.get("mediaType")
    if isinstance(own, str) and came_as in media_types.MANIFESTS and own != came_as:
        raise InvalidManifestError(f"the manifest says it is {own} but came as {came_as}")
    shape = media_types.OCI_INDEX if "manifests" in document else media_types.OCI_MANIFEST
    kind = own if isinstance(own, str) else came_as if came_as in media_types.MANIFESTS else shape
    if kind not in media_types.MANIFESTS:
        raise InvalidManifestError(f"manifests of type {kind!r} are not known")
    if (kind in media_types.INDEXES) != ("manifests" in document):
        raise InvalidManifestError(f"a manifest of type {kind} has the parts of another kind")
    if "manifests" in document and ("layers" in document or "config" in document):
        raise InvalidManifestError("a manifest cannot be an index and an image at once")
    return kind


def _descriptors(document: dict[str, Any], key: str) -> tuple[Descriptor, ...]:
    entries = document.get(key)
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise InvalidManifestError(f"{key} must be a list")
    return tuple(Descriptor.from_json(entry, f"{key}[{position}]") for position, entry in enumerate(entries))
