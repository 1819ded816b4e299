"""What a comparison of collections writes: the times, and beside them the table that matters, of what users saw."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.garbage_collection.measurement import Found
from bench.harness import Comparison, said
from bench.promise import Promise

_COUNTED = frozenset({"pulls", "failed_pulls"})
_HEAD = [
    "| who | seconds without writes | without pulls | failed pulls, all rounds | gone image can be pushed again |",
    "|---|---|---|---|---|",
]


def write(comparison: Comparison, found: Found, where: Mapping[str, Any], promises: Sequence[Promise] = ()) -> None:
    """Write the comparison."""
    users = users_of(found)
    result = {**comparison.result(found.times), "users": users, "conditions": where}
    if promises:
        result["promises"] = [asdict(promise) for promise in promises]
    times = comparison.table(result, f"{where['images_gone']} images of {where['layer_bytes']} bytes")
    kept = [f"{promise}\n" for promise in promises]
    comparison.write(result, [said(where), times, users_table(users), *kept])


def users_of(found: Found) -> dict[str, dict[str, Any]]:
    """Return what users saw: medians of seconds, pulls of all rounds, and whether a push again worked in each."""
    users: dict[str, dict[str, Any]] = {}
    for name, seen in found.seen.items():
        rounds = [asdict(each) for each in seen]
        of_all = {key: sum if key in _COUNTED else statistics.median for key in rounds[0]}
        users[name] = {key: round(of(each[key] for each in rounds), 2) for key, of in of_all.items()}
        users[name]["pushed_again"] = all(found.pushed_again[name])
    return users


def users_table(users: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a Markdown table of it."""
    lines = list(_HEAD)
    for name, of in users.items():
        again = "yes" if of["pushed_again"] else "no: pushed, and cannot be pulled"
        lines.append(
            f"| {name} | {of['seconds_without_writes']:.1f} | {of['seconds_without_pulls']:.1f} "
            f"| {of['failed_pulls']:.0f} of {of['pulls']:.0f} | {again} |"
        )
    return "\n".join([*lines, ""])
