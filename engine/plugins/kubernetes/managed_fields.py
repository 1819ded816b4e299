"""Who owns which field: `metadata.managedFields` (API reference, *Server-Side Apply*).

Ownership is a tree of keys such as ``{"f:spec": {"f:replicas": {}}}``, one for each manager and kind of operation.
"""

from collections.abc import Iterable
from typing import Any

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import KubeObject

_OWN_EARLIER_MANAGERS = frozenset({"pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"})
_KUBECTL_APPLY = frozenset({("kubectl-client-side-apply", "Update"), ("before-first-apply", "Update")})
_KUBECTL_SERVER_SIDE_APPLY = ("kubectl", "Apply")


def taken_over(live: KubeObject, manager: str) -> list[dict[str, Any]] | None:
    """Return `managedFields` in which ``manager`` applied what it, or `kubectl apply`, wrote in another way.

    An object is created by an ordinary request and changed by apply: for a server those are two managers, and what the
    first wrote would be in conflict with the second. ``None`` if there is nothing to take over.
    """
    entries = nested(live, "metadata", "managedFields") or []
    taken = [entry for entry in entries if _is_takeable(entry, manager)]
    if not taken:
        return None
    own = [entry for entry in entries if _is_apply_of(entry, manager)]
    rest = [entry for entry in entries if entry not in taken and entry not in own]
    fields: dict[str, Any] = {}
    for entry in own + taken:
        fields = _union(fields, entry.get("fieldsV1") or {})
    merged = {**(own or taken)[0], "manager": manager, "operation": "Apply", "fieldsV1": fields}
    return [*rest, merged]


def is_written_otherwise(live: KubeObject, manager: str) -> bool:
    """Tell whether the object still has to be taken over: a dry run of apply would be in conflict with ourselves."""
    return taken_over(live, manager) is not None


def without_ignored(inputs: KubeObject, live: KubeObject, ignored: Iterable[str], manager: str) -> KubeObject:
    """Return inputs in which ignored fields have no effect when they are applied.

    A field that only others own is left out. One that we own keeps its live value, since leaving it out would remove
    it. As with the official plugin, paths through lists are not followed.
    """
    for path in ignored:
        keys = path.split(".")
        if _owns(live, keys, lambda entry: entry.get("manager") != manager) and not _owns(
            live, keys, lambda entry: entry.get("manager") == manager
        ):
            inputs = _replaced(inputs, keys, None)
        elif (value := nested(live, *keys)) is not None:
            inputs = _replaced(inputs, keys, value)
    return inputs


def _is_takeable(entry: dict[str, Any], manager: str) -> bool:
    if entry.get("subresource"):
        return False
    who = (entry.get("manager", ""), entry.get("operation", ""))
    ours = who[1] == "Update" and (who[0] == manager or who[0] in _OWN_EARLIER_MANAGERS)
    return ours or who in _KUBECTL_APPLY or who == _KUBECTL_SERVER_SIDE_APPLY


def _is_apply_of(entry: dict[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: _union(one.get(key, {}), other.get(key, {})) for key in one.keys() | other.keys()}


def _owns(live: KubeObject, keys: list[str], wanted: Any) -> bool:  # noqa: ANN401 - a predicate on entries
    entries = nested(live, "metadata", "managedFields") or []
    return any(_has(entry.get("fieldsV1") or {}, keys) for entry in entries if wanted(entry))


def _has(fields: dict[str, Any], keys: list[str]) -> bool:
    for key in keys:
        if f"f:{key}" not in fields:
            return False
        fields = fields[f"f:{key}"]
    return True


def _replaced(document: KubeObject, keys: list[str], value: Any) -> KubeObject:  # noqa: ANN401
    """Return a copy with the field at ``keys`` set, or removed for ``None``."""
    head, *rest = keys
    copied = dict(document)
    if rest:
        below = document.get(head)
        if isinstance(below, dict) or value is not None:
            copied[head] = _replaced(below if isinstance(below, dict) else {}, rest, value)
    elif value is None:
        copied.pop(head, None)
    else:
        copied[head] = value
    return copied
