"""A plan as plain values that a preview shows and a state keeps, and the steps to take that are read back from it.

Shape: `{"deletions": {"team/app@sha256:…": {"turn", "tags", "platforms", "created", "kind", "reason", "frees"}},
"untaggings": {"team/app:1.0": {"turn", "digest", "co_tags", "reason"}}, "total": {"manifests", "tags", "frees"},
"planned_at"}`.
With nothing to do nothing in it changes with time.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from towpath.images.retention.plan import Deletion, Plan, Untagging
from towpath.oci.digest import Digest, parse_digest

_SHORT_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """A manifest that goes with all its tags or, if `untag`, one tag that goes while its manifest stays.

    `digest` None: a tag that leads nowhere.
    """

    repository: str
    digest: Digest | None
    tags: tuple[str, ...]
    reason: str
    untag: bool = False

    @property
    def manifest(self) -> Digest:
        """The manifest of a step that is no untagging."""
        assert self.digest is not None, self.name  # noqa: S101
        return self.digest

    @property
    def name(self) -> str:
        """What goes: `repository@digest`, or `repository:tag`."""
        return f"{self.repository}:{self.tags[0]}" if self.untag else f"{self.repository}@{self.digest}"

    @property
    def described(self) -> str:
        """The name, with the tags of a manifest."""
        return self.name if self.untag or not self.tags else f"{self.name} ({', '.join(self.tags)})"


def to_inputs(plan: Plan, now: dt.datetime) -> dict[str, Any]:
    """Return the values that a preview shows. Of two plans with something to do no two are equal."""
    deletions = {f"{d.repository}@{d.digest}": _deletion(turn, d) for turn, d in enumerate(plan.deletions, 1)}
    untaggings = {f"{u.repository}:{u.tag}": _untagging(turn, u) for turn, u in enumerate(plan.untaggings, 1)}
    total = {
        "manifests": len(plan.deletions),
        "tags": sum(len(deletion.tags) for deletion in plan.deletions) + len(plan.untaggings),
        "frees": bytes_in_words(plan.freed_bytes, exact=plan.exact),
    }
    return {
        "deletions": deletions,
        "untaggings": untaggings,
        "total": {} if plan.empty else total,
        "planned_at": "" if plan.empty else now.isoformat(timespec="milliseconds"),
    }


def steps_of(inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """Read the steps back, in the order in which they are safe."""
    untaggings = sorted(inputs["untaggings"].items(), key=_by_turn)
    deletions = sorted(inputs["deletions"].items(), key=_by_turn)
    return (*(_untag_step(name, record) for name, record in untaggings), *(_step(*entry) for entry in deletions))


def bytes_in_words(count: int, *, exact: bool = True) -> str:
    """Write a number of bytes as it is, and rounded; `exact`: else it is the most that it can be."""
    rounded = f" ({decimal(count)})" if count >= _SHORT_BYTES else ""
    return f"{'' if exact else 'at most '}{count:,} bytes{rounded}"


def _deletion(turn: int, deletion: Deletion) -> dict[str, Any]:
    return {
        "turn": turn,
        "tags": list(deletion.tags),
        "platforms": list(deletion.platforms),
        "created": f"{deletion.created:%Y-%m-%dT%H:%M:%SZ}" if deletion.created else "not known",
        "kind": str(deletion.kind),
        "reason": deletion.reason,
        "frees": bytes_in_words(deletion.freed_bytes),
    }


def _untagging(turn: int, untagging: Untagging) -> dict[str, Any]:
    return {
        "turn": turn,
        "digest": untagging.digest or "",
        "co_tags": list(untagging.co_tags),
        "reason": untagging.reason,
    }


def _by_turn(entry: tuple[str, Mapping[str, Any]]) -> int:
    return int(entry[1]["turn"])


def _step(name: str, record: Mapping[str, Any]) -> Step:
    repository, _, digest = name.rpartition("@")
    return Step(repository, parse_digest(digest), tuple(record["tags"]), record["reason"])


def _untag_step(name: str, record: Mapping[str, Any]) -> Step:
    repository, _, tag = name.rpartition(":")
    digest = parse_digest(record["digest"]) if record["digest"] else None
    return Step(repository, digest, (tag,), record["reason"], untag=True)
