"""`GarbageCollection`: the sweep after deletions.

Its input `deletions` counts the runs that deleted something, so a preview shows an update exactly when garbage will be
collected (or other settings are taken down), and `expected` beside it says for how long users will feel it. The
registry's own resources do not change. A collection that was interrupted is not in the state, so the next `up` collects
again.
"""

import datetime as dt
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.dynamic.telling import teller
from towpath.images.collection.upkeep import is_changed, keep_up

_tell = teller("garbage collection")


class GarbageCollectionProvider(ResourceProvider):
    """Unpacks, has the work done, packs."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find out whether a collection is due or settings changed; nothing ever replaces."""
        return DiffResult(changes=is_changed(_olds, _news, _now()), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Collect what was deleted in this very `up`; what was deleted before is left to a run on demand."""
        return CreateResult(props["registry"], keep_up({}, props, _now(), _tell))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Collect if it is due; else only take the settings down."""
        return UpdateResult(keep_up(_olds, _news, _now(), _tell))


class GarbageCollection(Resource, module="images", name="GarbageCollection"):
    """The collections of one registry."""

    report: pulumi.Output[dict[str, Any]]
    """Of the last one: touched, blobs, manifests, bytes_before, bytes_after, read_only_seconds, down_seconds, at."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register: `props` are registry, place, expected, deletions, the settings, and the secrets access and way."""
        made: dict[str, Any] = {"collected": None, "deleted_at": None, "report": None}
        super().__init__(GarbageCollectionProvider(), name, {**props, **made}, opts)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
