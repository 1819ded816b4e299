"""What Towpath reads of an image's configuration (OCI image specification 1.1, "Image Configuration")."""

import datetime as dt
import json
from dataclasses import dataclass

from towpath.oci.descriptor import Platform
from towpath.oci.errors import InvalidManifestError

_EARLIEST_YEAR = 2000
"""Reproducible builds write 1970 or 1980 (the epoch, zip's first year): that is no age."""


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """When an image was made (None where it does not say, or says a date before 2000) and what it runs on."""

    created: dt.datetime | None
    platform: Platform


def parse_image_config(body: bytes) -> ImageConfig:
    """Read a configuration. Raises InvalidManifestError where it is no JSON object."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidManifestError("an image's configuration must be JSON, and this is not") from None
    if not isinstance(document, dict):
        raise InvalidManifestError("an image's configuration must be a JSON object")
    return ImageConfig(parse_created(document.get("created")), Platform.from_json(document))


def parse_created(text: object) -> dt.datetime | None:
    """Read an RFC 3339 time; None for what is no time, has no zone, or is before 2000."""
    if not isinstance(text, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or moment.year < _EARLIEST_YEAR:
        return None
    return moment.astimezone(dt.UTC)
