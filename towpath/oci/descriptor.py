"""Descriptors and platforms (OCI image specification 1.1, "Content Descriptors" and "Image Index")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from towpath.oci import media_types
from towpath.oci.digest import Digest, parse_digest
from towpath.oci.errors import InvalidDigestError, InvalidManifestError

UNKNOWN = "unknown"
"""Operating system and architecture of an entry that is no image, such as a build's attestation."""


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """What an image runs on."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read a `platform` object, or the same four keys of an image's configuration."""
        keys = ("os", "architecture", "variant", "os.version")
        values = [document.get(key) or "" for key in keys]
        if not all(isinstance(value, str) for value in values):
            raise InvalidManifestError("a platform's os, architecture, variant and os.version must be strings")
        return cls(*values)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `os/architecture[/variant]`, e.g. `linux/arm64/v8`. Raises InvalidManifestError."""
        parts = text.split("/")
        if not 2 <= len(parts) <= 3 or not all(parts):  # noqa: PLR2004  # os, architecture and perhaps a variant
            raise InvalidManifestError(f"{text!r} is no platform; write os/architecture, e.g. linux/amd64")
        return cls(*parts)

    def __str__(self) -> str:
        """Return `os/architecture[/variant]`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of a blob or of another manifest: its type, digest and size in bytes."""

    media_type: str
    digest: Digest
    size_bytes: int
    platform: Platform | None = None
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_json(cls, document: object, what: str) -> Self:
        """Read a descriptor; `what` names it in the InvalidManifestError that a bad one raises."""
        if not isinstance(document, dict):
            raise InvalidManifestError(f"{what} is no descriptor object")
        media_type, size_bytes = document.get("mediaType"), document.get("size")
        if not isinstance(media_type, str) or not isinstance(size_bytes, int) or size_bytes < 0:
            raise InvalidManifestError(f"{what} has no mediaType or no size")
        try:
            digest = parse_digest(str(document.get("digest")))
        except InvalidDigestError as error:
            raise InvalidManifestError(f"{what}: {error}") from None
        platform = document.get("platform")
        annotations = document.get("annotations") or {}
        return cls(
            media_type=media_type,
            digest=digest,
            size_bytes=size_bytes,
            platform=Platform.from_json(platform) if isinstance(platform, dict) else None,
            artifact_type=str(document.get("artifactType") or ""),
            annotations=annotations if isinstance(annotations, dict) else {},
        )

    @property
    def stored(self) -> bool:
        """Whether a registry keeps its content: foreign layers lie elsewhere."""
        return not media_types.is_foreign(self.media_type)

    def to_json(self) -> dict[str, Any]:
        """Return the object that `from_json` reads; empty keys are left out."""
        document: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size_bytes}
        if self.platform:
            names = {"os": self.platform.os, "architecture": self.platform.architecture}
            optional = {"variant": self.platform.variant, "os.version": self.platform.os_version}
            document["platform"] = names | {key: value for key, value in optional.items() if value}
        if self.artifact_type:
            document["artifactType"] = self.artifact_type
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        return document
