"""Who owns which field: `metadata.managedFields` (API reference, *Server-Side Apply*).

Ownership is a tree of keys such as ``{"f:spec": {"f:replicas": {}}}``, one for each manager and kind of operation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import KubeObject

_OWN_EARLIER_MANAGERS = frozenset({"pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"})
_KUBECTL_APPLY = frozenset(
    {("kubectl-client-side-apply", "Update"), ("before-first-apply", "Update"), ("kubectl", "Apply")}
)


@dataclass(frozen=True)
class Ownership:
    """Under which names we own fields.

    Attributes:
        manager: the name now.
        former: the name the state has, which may be another.
        patch: whether the object is another's, so that what `kubectl apply` wrote is not ours.

    """

    manager: str
    former: str = ""
    patch: bool = False

    def owns(self, entry: dict[str, Any]) -> bool:
        """Tell whether an entry of `managedFields` holds fields of ours that our apply does not own yet."""
        if entry.get("subresource"):
            return False
        name, operation = entry.get("manager", ""), entry.get("operation", "")
        if name == self.manager:
            return bool(operation == "Update")
        if self.former and name == self.former:
            return True
        legacy = operation == "Update" and name in _OWN_EARLIER_MANAGERS
        return not self.patch and (legacy or (name, operation) in _KUBECTL_APPLY)


def taken_over(live: KubeObject, ownership: Ownership) -> list[dict[str, Any]] | None:
    """Return `managedFields` in which our manager applied what we, or `kubectl apply`, wrote in another way.

    An object is created by an ordinary request and changed by apply: for a server those are two managers, and what the
    first wrote would be in conflict with the second. ``None`` if there is nothing to take over.
    """
    entries = nested(live, "metadata", "managedFields") or []
    taken = [entry for entry in entries if ownership.owns(entry)]
    if not taken:
        return None
    own = [entry for entry in entries if _is_apply_of(entry, ownership.manager)]
    rest = [entry for entry in entries if entry not in taken and entry not in own]
    fields: dict[str, Any] = {}
    for entry in own + taken:
        fields = _union(fields, entry.get("fieldsV1") or {})
    merged = {**(own or taken)[0], "manager": ownership.manager, "operation": "Apply", "fieldsV1": fields}
    return [*rest, merged]


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
