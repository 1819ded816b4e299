"""`ImageMirror`: the images that the registry has a copy of, all as one resource.

Its input `images` names each with its source and digest, so that a preview shows which are new and which moved. Create
and update copy what is missing; read finds what was deleted or moved here; delete leaves images where they are.
"""

from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.dynamic.telling import teller
from towpath.images.mirror.pins import carry_over
from towpath.images.mirror.upkeep import ACCESS, FOR_COPYING, WISH, copy_in, find_drift, images_of, is_changed

_tell = teller("images.mirror")


class ImageMirrorProvider(ResourceProvider):
    """Unpacks, has the work done, packs."""

    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Keep what is pinned, and what cannot be asked now, at the digest that the state has."""
        carried = carry_over(olds.get("images") or {}, images_of(news))
        for note in carried.notes:
            _tell(note)
        failures = [CheckFailure("images", failure) for failure in carried.failures]
        return CheckResult({**news, "images": carried.records}, failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change in what is wanted, in what a refresh found, or in the access; nothing ever replaces."""
        return DiffResult(changes=is_changed(_olds, _news, WISH + ACCESS), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Copy what is not there yet."""
        return CreateResult(props["registry"], {**props, "placed": copy_in(props, None, Path.cwd(), _tell)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for each image; what is otherwise stands in the state until an `up` repairs it."""
        outs = {**props, "drift": find_drift(props)}
        return ReadResult(id_, outs, {key: outs[key] for key in WISH + ACCESS + FOR_COPYING if key in outs})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Copy what is new, changed or lost; other credentials alone are only taken down."""
        return UpdateResult({**_news, "placed": copy_in(_news, _olds, Path.cwd(), _tell)})


class ImageMirror(Resource, module="images", name="ImageMirror"):
    """The copied images of a registry."""

    placed: pulumi.Output[dict[str, str]]
    """Digests by `repository:tag`."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register: `props` are registry, images, and the secrets access, ways and storage."""
        super().__init__(ImageMirrorProvider(), name, {**props, "drift": {}, "placed": None}, opts)
