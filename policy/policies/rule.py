"""`Rule`: a policy without CrossGuard, so that it is tried on plain values."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Properties = Mapping[str, Any]
"""A resource's inputs: those that the rule says it reads, and no other. Touching an unknown one raises."""
Limits = Mapping[str, Any]
"""What the rule is configured with, every limit given."""


@dataclass(frozen=True)
class Limit:
    """One number or list that a stack may set otherwise."""

    default: Any
    description: str
    schema: Mapping[str, Any]
    """JSON schema of its values."""


@dataclass(frozen=True)
class Rule:
    """What must hold of resources of some types.

    `judge` yields a line for each thing that breaks it. A line names paths of properties and limits, never what a
    property holds. All it is given is in plain text in the state: `reads` names no secret property.
    """

    name: str
    reason: str
    """One sentence: what must hold, and why."""
    fix: str
    """What to write to make it hold."""
    types: tuple[str, ...]
    reads: tuple[str, ...]
    judge: Callable[[Properties, Limits], Iterable[str]]
    severity: Literal["low", "medium", "high", "critical"] = "medium"
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def findings(self, properties: Properties, given: Limits) -> Iterable[str]:
        """Judge a resource by the limits that are given, and else by the rule's own."""
        limits = {name: given.get(name, limit.default) for name, limit in self.limits.items()}
        return self.judge(properties, limits)


NODE_STATE = "pulumi-python:dynamic/nodes:NodeState"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
IMAGE_DELETION = "pulumi-python:dynamic/images:ImageDeletion"
PIN = "@sha256:"
"""What the name of an image has that is named by digest."""


def whole(minimum: int = 0) -> Mapping[str, Any]:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": minimum}


def facts(properties: Properties, name: str) -> Mapping[str, Any]:
    """Return one of the facts that a Towpath resource shows; none where it was made before it had them."""
    return (properties.get("facts") or {}).get(name) or {}
