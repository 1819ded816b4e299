"""`ImageDeletionOutcome`: fails an `up` whose deletion was not done whole, after what was done is in the state.

A dynamic resource that fails leaves nothing in the state; so the deletion itself says as an output what failed, and how
many runs deleted something counts for the collection of garbage.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from towpath.images.deletion.upkeep import raise_for


class ImageDeletionOutcomeProvider(ResourceProvider):
    """Raises what failed."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change where something failed; in a preview that is not known. Nothing ever replaces."""
        failures = _news.get("failures")
        return DiffResult(changes=isinstance(failures, list) and bool(failures), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raise DeletionError if the deletion failed."""
        raise_for(props.get("failures") or ())
        return CreateResult("deletion", {**props})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Raise DeletionError if the deletion failed."""
        raise_for(_news.get("failures") or ())
        return UpdateResult({**_news})


class ImageDeletionOutcome(Resource, module="images", name="ImageDeletionOutcome"):
    """Whether the last deletion did all of its plan."""

    def __init__(self, name: str, failures: pulumi.Input[list[str]], opts: pulumi.ResourceOptions) -> None:
        """Register it: `failures` are lines for a person."""
        super().__init__(ImageDeletionOutcomeProvider(), name, {"failures": failures}, opts)
