"""Garbage collection: when it runs, and how long it may take."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from towpath.oci.reference import check_repository
from towpath.settings.types import Section


def _repository(value: str) -> str:
    check_repository(value, value)
    return value


class Collection(Section):
    """The sweep after deletions, which gives the disk back. Without anything to free, the registry is left alone."""

    when: Literal["after_deletions", "always", "never"] = Field(
        "after_deletions",
        description="after_deletions: in an `up` that deletes; always: in every `up`; never: only on demand, by "
        "`python -m towpath images collect`",
    )
    grace_hours: float = Field(
        0,
        ge=0,
        le=8760,
        description="between a deletion and the sweep, in which `images restore` can put an image back whole; the "
        "first `up` after that sweeps",
    )
    timeout_minutes: int = Field(240, ge=1, le=10080, description="after which a sweep is stopped and service restored")
    canary_repository: Annotated[str, AfterValidator(_repository)] = Field(
        "towpath/canary",
        description="repository of the small image that is pushed, pulled and deleted after a sweep; it stays behind "
        "in the catalogue, empty",
    )
