"""The life of the registry's images."""

from typing import Literal, Self

from pydantic import Field, model_validator

from towpath.images.retention.policy import Retention
from towpath.settings.collection import Collection
from towpath.settings.mirror import MirrorImages
from towpath.settings.types import Line, Section


class Images(Section):
    """What is copied in, what is kept, and what is swept away."""

    mirror: MirrorImages = Field((), description="images that the registry has a copy of")
    retention: Retention | None = Field(
        None, description="which images stay and which go; left out: none goes, and the registry is not read"
    )
    review_file: Line | None = Field(
        None,
        description="a plan that somebody has read, made by `python -m towpath images plan`: only what is in it goes; "
        "absolute or relative to the project",
    )
    save_folder: Line = Field(
        ".towpath/saved",
        description="where manifests are kept before they are deleted, so that `images restore` can put them back; "
        "absolute or relative to the project",
    )
    collection: Collection = Field(default_factory=Collection, description="sweeping the storage after deletions")
    unreadable: Literal["warn", "fail"] = Field(
        "warn", description="when the registry cannot be read: delete nothing and go on with a warning, or fail"
    )
    watch: bool = Field(
        False, description="let a refresh say which tags that retention.policies protect were deleted or moved"
    )

    @model_validator(mode="after")
    def _pulls_are_known(self) -> Self:
        for policy in self.retention.policies if self.retention else ():
            if policy.keep_pulled_within_days is not None:
                raise ValueError(
                    f"retention.policies for {policy.repositories}: keep_pulled_within_days needs the times of pulls, "
                    "which a registry does not keep; take it out: images that pods run stay in any case"
                )
        return self

    @property
    def deletes(self) -> bool:
        """Whether anything may be deleted at all."""
        retention = self.retention
        return retention is not None and bool(retention.policies or retention.delete)

    @property
    def collects(self) -> bool:
        """Whether an `up` may have garbage to collect."""
        return self.collection.when == "always" or (self.collection.when == "after_deletions" and self.deletes)
