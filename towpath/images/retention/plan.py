"""A plan: what would be deleted, with everything a reviewer asks. JSON with a schema; no dates of its own."""

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import Field, ValidationError

from towpath.images.errors import ReviewError
from towpath.images.retention.policy import CheckedDigest
from towpath.settings.types import Section


class Kind(StrEnum):
    """Why a manifest is there at all."""

    IMAGE = "image"
    PART = "part"
    REFERRER = "referrer"
    UNTAGGED = "untagged"


class Deletion(Section):
    """A manifest that goes, with every tag of it. Bytes: those that nothing else in the registry needs."""

    repository: str
    digest: CheckedDigest
    kind: Kind
    media_type: str
    tags: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    created: dt.datetime | None = None
    reason: str
    freed_bytes: int = Field(ge=0)


class Untagging(Section):
    """A tag that goes while its manifest stays, for `co_tags` or because something kept needs it.

    `digest` None: it leads nowhere.
    """

    repository: str
    tag: str
    digest: CheckedDigest | None
    co_tags: tuple[str, ...] = ()
    reason: str


class Held(Section):
    """Something that was asked for, or reviewed, and stays all the same."""

    repository: str
    what: str
    reason: str


class Plan(Section):
    """Deletions in the order in which they are safe, grouped by repository.

    `exact`: whether the bytes are; where a repository could not be read, they are the most that may be freed.
    """

    version: Literal[1] = 1
    stack: str
    registry: str
    deletions: tuple[Deletion, ...] = ()
    untaggings: tuple[Untagging, ...] = ()
    held: tuple[Held, ...] = ()
    freed_bytes: int = Field(0, ge=0)
    exact: bool = True

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not self.deletions and not self.untaggings


def to_json(plan: Plan) -> str:
    """Return a plan as a file's text; the same plan gives the same text."""
    return plan.model_dump_json(indent=2) + "\n"


def from_json(text: str, place: str) -> Plan:
    """Read a plan. Raises ReviewError that names the file and what in it does not hold."""
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ReviewError(f"{place}: is no plan ({where}: {first['msg']}); make it again with a preview") from None


def schema() -> dict[str, object]:
    """Return the JSON schema of a plan's file."""
    return Plan.model_json_schema()
