"""`CollectedGarbage`: the sweep of a registry's storage after images were deleted."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.dynamic.garbage_collection import GarbageCollection
from towpath.settings.collection import Collection


@dataclass(frozen=True)
class CollectedGarbageArgs:
    """When to collect, and where."""

    settings: Collection
    registry: str
    """`HOST:PORT` of the stack's own."""
    access: pulumi.Output[dict[str, Any]]
    """Record of a `RegistryAccess`, secret."""
    place: dict[str, Any]
    """Of `towpath.images.collection.place`."""
    way: pulumi.Output[dict[str, Any]]
    """Secret: how the place is reached."""
    deletions: pulumi.Input[int]
    """Number of runs that deleted something; a collection follows when it changes."""
    expected: str
    """For whoever reads a preview: how long users will feel a collection."""


class CollectedGarbage(pulumi.ComponentResource):
    """Collections as one resource. Does not delete images: it frees what deletions left."""

    report: pulumi.Output[dict[str, Any]]
    """What the last collection came to; empty before the first."""

    def __init__(self, name: str, args: CollectedGarbageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Collect when `args` say so."""
        super().__init__("towpath:index:CollectedGarbage", name, {}, opts)
        settings = args.settings
        swept = GarbageCollection(
            f"{name}-collection",
            {
                "registry": args.registry,
                "place": args.place,
                "when": settings.when,
                "grace_hours": settings.grace_hours,
                "timeout_minutes": settings.timeout_minutes,
                "canary_repository": settings.canary_repository,
                "deletions": args.deletions,
                "expected": args.expected,
                "access": args.access,
                "way": pulumi.Output.secret(args.way),
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.report = swept.report
        self.register_outputs({"report": self.report})
