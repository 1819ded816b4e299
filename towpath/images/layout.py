"""The OCI image layout: names of files, and index.json (OCI image specification 1.1, "Image Layout"). No I/O.

An image's name is kept twice: `org.opencontainers.image.ref.name` is `repository:tag`, and `io.containerd.image.name`,
which containerd and Docker write and read, has the registry before it.
"""

import json
from dataclasses import dataclass, replace

from towpath.images.errors import InvalidLayoutError
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest
from towpath.oci.errors import InvalidManifestError, InvalidReferenceError
from towpath.oci.reference import Reference, is_tag

LAYOUT_FILE, INDEX_FILE = "oci-layout", "index.json"
LAYOUT_BODY = b'{"imageLayoutVersion":"1.0.0"}'
_REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE_NAME = "io.containerd.image.name"


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of index.json. Without a repository it is either a referrer, or an image that has only a tag."""

    descriptor: Descriptor
    repository: str | None = None
    tag: str | None = None


def blob_path(digest: Digest) -> str:
    """Return where a blob lies, relative to the layout."""
    algorithm, _, encoded = digest.partition(":")
    return f"blobs/{algorithm}/{encoded}"


def check_layout(body: bytes) -> None:
    """Check the `oci-layout` file. Raises InvalidLayoutError."""
    try:
        version = json.loads(body)["imageLayoutVersion"]
    except (ValueError, KeyError, TypeError, RecursionError):
        version = None
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise InvalidLayoutError(f"{LAYOUT_FILE}: its imageLayoutVersion is not 1.x; this is no OCI image layout")


def parse_index(body: bytes) -> tuple[Named, ...]:
    """Read index.json. Raises InvalidLayoutError."""
    try:
        document = json.loads(body)
        entries = document["manifests"]
        descriptors = [Descriptor.from_json(entry, f"manifests[{n}]") for n, entry in enumerate(entries)]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidLayoutError(f"{INDEX_FILE}: is no index of an OCI image layout") from None
    except InvalidManifestError as error:
        raise InvalidLayoutError(f"{INDEX_FILE}: {error}") from None
    return tuple(_named(descriptor) for descriptor in descriptors)


def entry(descriptor: Descriptor, reference: Reference) -> Descriptor:
    """Return the descriptor with the image's names as annotations."""
    short = (
        f"{reference.repository}:{reference.tag}" if reference.tag else f"{reference.repository}@{descriptor.digest}"
    )
    names = {_REF_NAME: short, _IMAGE_NAME: f"{reference.registry}/{short}"}
    return replace(descriptor, annotations={**descriptor.annotations, **names})


def compose_index(entries: list[Descriptor]) -> bytes:
    """Return index.json."""
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [descriptor.to_json() for descriptor in entries],
    }
    return json.dumps(document, indent=2).encode()


def merged(old: tuple[Named, ...], new: list[Descriptor]) -> list[Descriptor]:
    """Put new entries to old ones: a name is taken over by its new digest, the same entry is kept once."""
    taken = {descriptor.annotations.get(_IMAGE_NAME) for descriptor in new} - {None}
    kept = [named.descriptor for named in old if named.descriptor.annotations.get(_IMAGE_NAME) not in taken]
    unique = {(d.digest, d.annotations.get(_IMAGE_NAME), d.annotations.get(_REF_NAME)): d for d in (*kept, *new)}
    return [unique[key] for key in sorted(unique, key=lambda key: (key[1] or "", key[2] or "", key[0]))]


def _named(descriptor: Descriptor) -> Named:
    name = descriptor.annotations.get(_IMAGE_NAME) or descriptor.annotations.get(_REF_NAME)
    if not name:
        return Named(descriptor)
    if is_tag(name):
        return Named(descriptor, None, name)
    try:
        reference = Reference.parse(name, "localhost")
    except InvalidReferenceError as error:
        raise InvalidLayoutError(f"{INDEX_FILE}: a name in it cannot be read: {error}") from None
    return Named(descriptor, reference.repository, reference.tag)
