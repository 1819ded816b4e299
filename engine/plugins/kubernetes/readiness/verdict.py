"""What a judgement on live objects says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject

Related: TypeAlias = Mapping[str, list[KubeObject]]
"""Objects a judgement needs beside its own: a name the rule gives to what the query selects."""


@dataclass(frozen=True)
class Verdict:
    """Whether an object does what it is for.

    Attributes:
        ready: it does.
        status: what is waited for, one line for a person.
        problems: what is wrong, as far as can be seen; shown if the waiting ends without success.
        failed: waiting longer is of no use.

    """

    ready: bool
    status: str = ""
    problems: tuple[str, ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class Query:
    """Objects to fetch beside the one that is judged.

    Attributes:
        gvk: their kind.
        selector: makes the label selector from the judged object; ``None`` as its answer fetches nothing.

    """

    gvk: GroupVersionKind
    selector: Callable[[KubeObject], str | None]


@dataclass(frozen=True)
class Rule:
    """How a kind becomes ready.

    Attributes:
        judge: the judgement, a pure function.
        timeout_seconds: how long to wait, unless the user says otherwise.
        queries: what it needs beside the object.
        on_read: whether a refresh judges too.

    """

    judge: Callable[[KubeObject, Related], Verdict]
    timeout_seconds: float
    queries: Mapping[str, Query] = field(default_factory=dict)
    on_read: bool = True


def condition(document: KubeObject, kind: str) -> dict[str, Any]:
    """Return the status condition of a type, empty if there is none."""
    conditions = nested(document, "status", "conditions") or []
    return next((item for item in conditions if item.get("type") == kind), {})


def holds(document: KubeObject, kind: str) -> bool:
    """Tell whether a status condition is true."""
    return bool(condition(document, kind).get("status") == "True")


def reason_of(found: Mapping[str, Any]) -> str:
    """Say a condition's reason and message: ``[Reason] message``."""
    reason, message = found.get("reason", ""), found.get("message", "")
    return f"[{reason}] {message}" if reason and message else ""


def owned_by(document: KubeObject, owner: KubeObject) -> bool:
    """Tell whether an object belongs to another."""
    references = nested(document, "metadata", "ownerReferences") or []
    uid = nested(owner, "metadata", "uid")
    return any(reference.get("uid") == uid for reference in references)


def label_selector(document: KubeObject) -> str | None:
    """Write `spec.selector` as the API's query text; ``None`` if it selects nothing."""
    selector = nested(document, "spec", "selector") or {}
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        terms.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[expression["operator"]]
        )
    return ",".join(terms) or None
