"""Inputs in the form that the API server gives back, so that spelling alone makes no difference."""

import base64
import binascii
from typing import Any

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.kinds import is_built_in, is_definition, is_secret
from engine.plugins.kubernetes.quantity import canonical
from engine.plugins.values import has_unknown

READ_ONLY_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
_KINDS_WITH_QUANTITIES = frozenset(
    {
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Job",
        "LimitRange",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodTemplate",
        "ReplicaSet",
        "ReplicationController",
        "ResourceQuota",
        "StatefulSet",
    }
)
_MAPS_OF_QUANTITIES = frozenset(
    {"capacity", "default", "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio", "min", "overhead"}
    | {"requests"}
)
_QUANTITIES = frozenset({"divisor", "sizeLimit"})


def normalise(document: KubeObject, gvk: GroupVersionKind) -> KubeObject:
    """Return the object as a server would spell it, without the metadata that only a server sets.

    Objects with unknown values, and those of custom kinds, only lose that metadata.
    """
    if is_built_in(gvk) and not has_unknown(document):
        document = _spell(document, gvk)
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        document = {**document, "metadata": {k: v for k, v in metadata.items() if k not in READ_ONLY_METADATA}}
    return document


def _spell(document: KubeObject, gvk: GroupVersionKind) -> KubeObject:
    if is_secret(gvk):
        return _secret(document)
    if is_definition(gvk):
        return _definition(document)
    if gvk.kind in _KINDS_WITH_QUANTITIES and "spec" in document:
        return {**document, "spec": _quantities(document["spec"])}
    return document


def _secret(document: KubeObject) -> KubeObject:
    """Encode `stringData` into `data`, which it overrides, and re-encode what is there."""
    data = {key: _recoded(value) for key, value in (document.get("data") or {}).items()}
    texts = document.get("stringData") or {}
    data |= {key: base64.b64encode(str(value).encode()).decode() for key, value in texts.items()}
    rest = {key: value for key, value in document.items() if key not in {"data", "stringData"}}
    return {**rest, "data": data} if data or "data" in document else rest


def _recoded(value: Any) -> Any:  # noqa: ANN401 - invalid values go on: the server names them
    try:
        return base64.b64encode(base64.b64decode("".join(str(value).split()), validate=True)).decode()
    except (binascii.Error, ValueError):
        return value


def _definition(document: KubeObject) -> KubeObject:
    rest = {key: value for key, value in document.items() if key != "status"}
    if nested(rest, "spec", "preserveUnknownFields") is False:
        rest["spec"] = {key: value for key, value in rest["spec"].items() if key != "preserveUnknownFields"}
    return rest


def _quantities(value: Any, key: str = "") -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        if key in _MAPS_OF_QUANTITIES and not any(isinstance(item, (dict, list)) for item in value.values()):
            return {name: canonical(item) for name, item in value.items()}
        return {name: _quantities(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_quantities(item) for item in value]
    return canonical(value) if key in _QUANTITIES else value
