"""Versions and ranges of them: Semantic Versioning 2.0.0, and ranges as npm's `semver` documents them.

Known are `=`, `<`, `<=`, `>`, `>=`, `^`, `~`, `x` and `*`, a space for "and", `||` for "or"; hyphen ranges are not. A
pre-release is in a range only where the range names a pre-release of the same major.minor.patch. A leading `v` is
skipped, and `_` stands for `+`, which a tag cannot hold.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

_NUMBER = r"0|[1-9]\d*"
_PRE = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}))?(?:[+_]{_PRE})?")
_WILD = r"[xX*]"
_PARTIAL = rf"v?({_NUMBER}|{_WILD})(?:\.({_NUMBER}|{_WILD}))?(?:\.({_NUMBER}|{_WILD}))?(?:-({_PRE}))?"
_COMPARATOR = re.compile(rf"(\^|~|>=|<=|>|<|=|)\s*{_PARTIAL}")
_GAP = re.compile(r"(\^|~|>=|<=|>|<|=)\s+")

_Identifier = tuple[int, int, str]


class Version(NamedTuple):
    """A version in an order of its own: a pre-release comes before its release."""

    core: tuple[int, int, int]
    released: bool
    pre: tuple[_Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bounds:
    """From `low` on and below `high`, either may be open; `exact_pre` are the cores whose pre-releases are named."""

    low: Version | None = None
    high: Version | None = None
    high_included: bool = False
    low_excluded: bool = False

    def holds(self, version: Version) -> bool:
        if self.low and (version < self.low or (self.low_excluded and version == self.low)):
            return False
        return not (self.high and (version > self.high or (not self.high_included and version == self.high)))


def parse_version(text: str) -> Version | None:
    """Read a version; None for what is none, such as `latest` or `1.2`."""
    match = _VERSION.fullmatch(text)
    return _version((int(match[1]), int(match[2]), int(match[3])), match[4]) if match else None


class SemverRange:
    """A range. Raises ValueError that says what cannot be read."""

    def __init__(self, text: str) -> None:
        self._alternatives = [_comparators(part, text) for part in text.split("||")]

    def __contains__(self, version: Version) -> bool:
        """Whether the version is in the range."""
        return any(_holds(bounds, version) for bounds in self._alternatives)


def _holds(all_bounds: list[_Bounds], version: Version) -> bool:
    if not all(bounds.holds(version) for bounds in all_bounds):
        return False
    if version.released:
        return True
    named = [edge for bounds in all_bounds for edge in (bounds.low, bounds.high) if edge and not edge.released]
    return any(edge.core == version.core for edge in named)


def _comparators(part: str, text: str) -> list[_Bounds]:
    words = _GAP.sub(r"\1", part).replace(",", " ").split()
    found = []
    for word in words or ["*"]:
        match = _COMPARATOR.fullmatch(word)
        if match is None:
            raise ValueError(f"{text!r}: {word!r} is no version comparison; write e.g. '>=1.2.0 <2.0.0' or '^1.2'")
        found.append(_bounds(match[1], [match[2], match[3], match[4]], match[5]))
    return found


def _bounds(operator: str, parts: list[str | None], pre: str | None) -> _Bounds:
    known: list[int] = []
    for part in parts:
        if part is None or not part.isdecimal():
            break
        known.append(int(part))
    if not known:
        return _Bounds() if operator not in ("<", ">") else _Bounds(high=_version((0, 0, 0), "0"))
    floor = [*known, 0, 0, 0][:3]
    low = _version((floor[0], floor[1], floor[2]), pre)
    after = _version(_raised(known, len(known) - 1), None)
    whole = len(known) == len(floor)
    if operator == "^":
        significant = next((n for n, number in enumerate(known) if number), len(known) - 1)
        return _Bounds(low, _version(_raised(known, significant), None))
    if operator == "~":
        return _Bounds(low, _version(_raised(known, min(1, len(known) - 1)), None))
    ranges = {
        ">=": _Bounds(low),
        ">": _Bounds(low, low_excluded=True) if whole else _Bounds(after),
        "<": _Bounds(high=low),
        "<=": _Bounds(high=low, high_included=True) if whole else _Bounds(high=after),
    }
    exact = _Bounds(low, low, high_included=True) if whole else _Bounds(low, after)
    return ranges.get(operator, exact)


def _raised(known: list[int], position: int) -> tuple[int, int, int]:
    numbers = [*known[:position], known[position] + 1, 0, 0, 0]
    return numbers[0], numbers[1], numbers[2]


def _version(core: tuple[int, int, int], pre: str | None) -> Version:
    if pre is None:
        return Version(core, released=True)
    identifiers = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in pre.split("."))
    return Version(core, released=False, pre=identifiers)
