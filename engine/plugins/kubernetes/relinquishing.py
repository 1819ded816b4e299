"""Giving up fields: what a manager owns alone goes, what others own too stays."""

from engine.plugins.kubernetes.api import Write
from engine.plugins.kubernetes.documents import name_in, namespace_in, nested
from engine.plugins.kubernetes.errors import ApiError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.operation import Operation


def relinquish(operation: Operation, gvk: GroupVersionKind, live: KubeObject, manager: str) -> None:
    """Apply an object without fields, so that the manager owns none; nothing to do if the object is gone.

    The uid keeps that from making an object anew.

    Raises:
        ApiError: a field that only this manager owns is required.

    """
    metadata = {"name": name_in(live), "uid": nested(live, "metadata", "uid")}
    if namespace_in(live):
        metadata["namespace"] = namespace_in(live)
    nothing = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata}
    try:
        operation.api.apply(gvk, namespace_in(live), nothing, Write(manager))
    except ApiError as error:
        gone = error.is_not_found or (error.is_conflict and "no existing object was found" in str(error))
        if not gone:
            raise
