"""Label selectors as kubectl writes them: `tier=web,env!=prod,zone in (a,b),team notin (x),gpu,!legacy`.

Grammar: Kubernetes documentation, "Labels and Selectors". `!=` and `notin` also fit what has no such label.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)"
_KEY = rf"(?P<key>([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME})"
_VALUE = rf"{_NAME}?"
_SET = re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(rf"{_KEY}\s*(?P<operator>==|=|!=)\s*(?P<values>{_VALUE})")
_EXISTS = re.compile(rf"(?P<operator>!?)\s*{_KEY}")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class Requirement:
    """One condition on one label."""

    key: str
    values: frozenset[str] | None
    """None: any value will do."""
    negated: bool

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it."""
        met = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return met != self.negated


def parse_selector(text: str) -> tuple[Requirement, ...]:
    """Read a selector. Raises ValueError."""
    parts = [part.strip() for part in _COMMA_OUTSIDE.split(text)]
    if not all(parts):
        raise ValueError("has an empty condition; write e.g. tier=web,env in (dev,test),!legacy")
    return tuple(_requirement(part) for part in parts)


def fits(selector: tuple[Requirement, ...], labels: Mapping[str, str]) -> bool:
    """Whether labels meet all conditions."""
    return all(requirement.fits(labels) for requirement in selector)


def _requirement(text: str) -> Requirement:
    if found := _SET.fullmatch(text):
        values = frozenset(value.strip() for value in found["values"].split(","))
        if not all(re.fullmatch(_VALUE, value) for value in values):
            raise ValueError(f"{text!r} has a value that no label can have")
        return Requirement(found["key"], values, negated=found["operator"] == "notin")
    if found := _EQUAL.fullmatch(text):
        return Requirement(found["key"], frozenset([found["values"]]), negated=found["operator"] == "!=")
    if found := _EXISTS.fullmatch(text):
        return Requirement(found["key"], None, negated=found["operator"] == "!")
    raise ValueError(f"{text!r} is no condition on a label; write KEY=VALUE, KEY in (A,B), KEY or !KEY")
