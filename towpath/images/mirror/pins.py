"""What stays as it was: pinned images, and those whose source cannot be asked just now. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.images.mirror.wanted import ALL_TAGS, Wanted

Records = Mapping[str, Mapping[str, Any]]
"""Records of images by target, as the state has them."""


@dataclass(slots=True)
class CarriedOver:
    """The images as they are wanted now, a line for each thing to know, and one for each that cannot be had."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def carry_over(old: Records, new: Iterable[Wanted]) -> CarriedOver:
    """Put what was found at the sources beside what the state has.

    A pinned image keeps its digest while its source stays the same. An image whose source could not be asked keeps the
    digest that it had; if it had none, that is a failure where asking again would not help, else left to the copying.
    """
    carried = CarriedOver()
    for wanted in new:
        if wanted.problem:
            _without_source(carried, old, wanted)
            continue
        if wanted.note:
            carried.notes.append(wanted.note)
        before = old.get(wanted.target)
        if before and wanted.pin and _is_same_source(before, wanted) and before["digest"] != wanted.digest:
            carried.notes.append(
                f"{wanted.source} is {wanted.digest} now; {wanted.target} stays at {before['digest']}, as it is pinned"
            )
            carried.records[wanted.target] = {**before, "pin": True}
            continue
        carried.records[wanted.target] = wanted.found().to_record()
    return carried


def _without_source(carried: CarriedOver, old: Records, wanted: Wanted) -> None:
    """Keep what the state has of this source; of a choice of tags whose repository did not answer, every image."""
    key, value = ("from", wanted.source)
    if wanted.chosen_by and wanted.tag == ALL_TAGS:
        key, value = "chosen_by", wanted.chosen_by
    known = {target: dict(record) for target, record in old.items() if record["digest"] and record.get(key) == value}
    if known:
        carried.notes.append(f"{wanted.problem}; {', '.join(sorted(known))} stays as it is")
        carried.records = known | carried.records
    elif wanted.lasting:
        carried.failures.append(f"{wanted.target}: {wanted.problem}")
    else:
        carried.notes.append(f"{wanted.target}: {wanted.problem}")
        carried.records[wanted.target] = wanted.found().to_record()


def _is_same_source(before: Mapping[str, Any], wanted: Wanted) -> bool:
    same_platforms = tuple(before.get("platforms", ())) == wanted.platforms
    return bool(before["digest"]) and before["from"] == wanted.source and same_platforms
