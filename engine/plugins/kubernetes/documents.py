"""Reading and converting Kubernetes objects.

The engine's properties may hold `Secret` markers and nulls; an object has neither. Keys such as
``x-kubernetes-list-type`` cannot be properties of an SDK, which writes them with underscores.
"""

import copy
from typing import Any

from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.values import Properties, Secret, Unknown, Value

_UNDERSCORED = {
    "x_kubernetes_embedded_resource": "x-kubernetes-embedded-resource",
    "x_kubernetes_int_or_string": "x-kubernetes-int-or-string",
    "x_kubernetes_list_map_keys": "x-kubernetes-list-map-keys",
    "x_kubernetes_list_type": "x-kubernetes-list-type",
    "x_kubernetes_map_type": "x-kubernetes-map-type",
    "x_kubernetes_preserve_unknown_fields": "x-kubernetes-preserve-unknown-fields",
    "x_kubernetes_validations": "x-kubernetes-validations",
}
_DASHED = {dashed: underscored for underscored, dashed in _UNDERSCORED.items()}


def to_object(properties: Properties) -> KubeObject:
    """Convert properties to a new object: without nulls in maps, without secret markers, with dashed keys."""
    return {_UNDERSCORED.get(key, key): _plain(value) for key, value in properties.items() if _bare(value) is not None}


def to_properties(document: KubeObject, *, underscored: bool = False) -> Properties:
    """Convert an object to new properties, for outputs with underscored keys."""
    return {
        _DASHED.get(key, key) if underscored else key: _property(value, underscored) for key, value in document.items()
    }


def nested(document: Any, *path: str) -> Any:  # noqa: ANN401 - an object's fields have any type
    """Return the field at ``path``, ``None`` if it or one above it is missing."""
    for key in path:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def name_in(document: KubeObject) -> str:
    """Return `metadata.name`, empty if it is missing or unknown."""
    return _text(nested(document, "metadata", "name"))


def namespace_in(document: KubeObject) -> str:
    """Return `metadata.namespace`, empty if it is missing or unknown."""
    return _text(nested(document, "metadata", "namespace"))


def set_metadata(document: KubeObject, key: str, value: str) -> None:
    """Set a field of `metadata`, unless all of `metadata` is unknown; an empty value removes it."""
    metadata = document.setdefault("metadata", {})
    if isinstance(metadata, dict):
        if value:
            metadata[key] = value
        else:
            metadata.pop(key, None)


def id_of(document: KubeObject) -> str:
    """Return the id of an object: ``namespace/name``, or ``name`` where there are no namespaces."""
    namespace, name = namespace_in(document), name_in(document)
    return f"{namespace}/{name}" if namespace else name


def parse_id(identifier: str) -> tuple[str, str]:
    """Split an id into namespace (may be empty) and name."""
    namespace, slash, name = identifier.partition("/")
    return (namespace, name) if slash else ("", namespace)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _bare(value: Value) -> Value:
    while isinstance(value, Secret):
        value = value.value
    return value


def _plain(value: Value) -> Any:  # noqa: ANN401
    value = _bare(value)
    if isinstance(value, dict):
        return to_object(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _property(value: Any, underscored: bool) -> Value:  # noqa: ANN401
    if isinstance(value, dict):
        return to_properties(value, underscored=underscored)
    if isinstance(value, list):
        return [_property(item, underscored) for item in value]
    result: Value = value if isinstance(value, Unknown) else copy.copy(value)
    return result
