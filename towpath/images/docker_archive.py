"""Archives of `docker save` as Docker wrote them before release 25 (moby's "Docker Image Specification v1.2").

They hold no registry manifest, so one is made: the same archive always gives the same digest, yet not the one that the
image has in other registries.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from towpath.images import store
from towpath.images.errors import InvalidLayoutError
from towpath.images.layout import Named
from towpath.images.store import Store
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor
from towpath.oci.digest import Digest, digest_of, is_digest
from towpath.oci.errors import InvalidReferenceError
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.oci.reference import Reference

MANIFEST_FILE = "manifest.json"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """One image: the manifest made for it, its names, and in which file each blob lies."""

    manifest: Manifest
    entries: tuple[Named, ...]
    files: dict[Digest, str]


def read_images(files: Store) -> list[ArchivedImage]:
    """Read every image of an archive. Raises InvalidLayoutError."""
    try:
        document = json.loads(store.read(files, MANIFEST_FILE))
        parts = [(str(e["Config"]), [str(layer) for layer in e["Layers"]], e.get("RepoTags") or []) for e in document]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        parts = []
    if not parts:
        raise InvalidLayoutError(f"{files.place}: {MANIFEST_FILE} is not what `docker save` writes")
    return [_image(files, config, layers, names) for config, layers, names in parts]


def _image(files: Store, config_name: str, layer_names: list[str], names: list[Any]) -> ArchivedImage:
    config_body = store.read(files, config_name)
    diff_ids = _diff_ids(files, config_name, config_body)
    if len(diff_ids) != len(layer_names):
        raise InvalidLayoutError(
            f"{files.place}: {config_name} names {len(diff_ids)} layers, {MANIFEST_FILE} {len(layer_names)}"
        )
    config = Descriptor(media_types.OCI_CONFIG, digest_of(config_body), len(config_body))
    layers = [_layer(files, name, diff_id) for name, diff_id in zip(layer_names, diff_ids, strict=True)]
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": config.to_json(),
        "layers": [layer.to_json() for layer in layers],
    }
    made = parse_manifest(json.dumps(document).encode())
    named = {layer.digest: name for layer, name in zip(layers, layer_names, strict=True)}
    entries = tuple(_named(files, made, str(name)) for name in names) or (Named(made.descriptor),)
    return ArchivedImage(made, entries, {config.digest: config_name, **named})


def _diff_ids(files: Store, name: str, body: bytes) -> list[Digest]:
    try:
        found = json.loads(body)["rootfs"]["diff_ids"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(entry, str) and is_digest(entry) for entry in found):
        raise InvalidLayoutError(f"{files.place}: {name} is no image configuration: it lacks rootfs.diff_ids")
    return [Digest(entry) for entry in found]


def _layer(files: Store, name: str, diff_id: Digest) -> Descriptor:
    """Describe a layer. An uncompressed one must hash to its diff_id, which the registry checks as it is pushed."""
    size = files.size_bytes(name)
    if size is None:
        raise InvalidLayoutError(f"{files.place}: {name} is missing; it is incomplete, make it again")
    if next(store.pieces(files, name), b"")[:2] != _GZIP:
        return Descriptor(media_types.OCI_LAYER, diff_id, size)
    hashed = hashlib.sha256()
    for piece in store.pieces(files, name):
        hashed.update(piece)
    return Descriptor(media_types.OCI_LAYER_GZIP, Digest(f"sha256:{hashed.hexdigest()}"), size)


def _named(files: Store, made: Manifest, name: str) -> Named:
    try:
        reference = Reference.parse(name)
    except InvalidReferenceError as error:
        raise InvalidLayoutError(f"{files.place}: {error}") from None
    return Named(made.descriptor, reference.repository, reference.tag)
