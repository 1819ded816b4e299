"""Versions and the ranges of `requiredPulumiVersion`.

The engine reads ranges with github.com/blang/semver's ParseRange: comparisons separated by blanks must all hold,
alternatives are separated by `||`.
"""

import operator
import re
from collections.abc import Callable

from engine.errors import ProjectError

Version = tuple[int, int, int]

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_COMPARISON = re.compile(r"(>=|<=|!=|==|>|<|=|!)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?$")
_OPERATORS: dict[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "!": operator.ne,
    "==": operator.eq,
    "=": operator.eq,
    "": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def parse_version(text: str) -> Version | None:
    """Return the first `major.minor.patch` in `text`, or None."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def in_range(version: Version, range_text: str) -> bool:
    """Whether `version` satisfies `range_text`; an empty range holds for every version.

    Raises ProjectError if the range cannot be read.
    """
    if not range_text.strip():
        return True
    return any(_all_hold(version, alternative) for alternative in range_text.split("||"))


def _all_hold(version: Version, alternative: str) -> bool:
    joined = re.sub(r"([<>=!]+)\s+", r"\1", alternative)
    return all(_holds(version, comparison) for comparison in joined.split())


def _holds(version: Version, comparison: str) -> bool:
    found = _COMPARISON.match(comparison)
    if not found:
        raise ProjectError(
            f"Pulumi.yaml: requiredPulumiVersion: {comparison!r} is not a comparison such as '>=3.216.0'; correct it"
        )
    wanted = (int(found[2]), int(found[3] or 0), int(found[4] or 0))
    return _OPERATORS[found[1] or ""](version, wanted)
