"""What a dry run makes up: values that the real run will not have."""

from typing import Any

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.values import UNKNOWN

_METADATA = ("creationTimestamp", "resourceVersion", "uid")
_SERVICE = ("clusterIP", "clusterIPs", "healthCheckNodePort")


def unknown_of_new(document: KubeObject, inputs: KubeObject) -> KubeObject:
    """Return a new object as a dry run answered it, with what the server made up for this run only as unknown."""
    metadata = dict(document.get("metadata") or {})
    metadata |= {key: UNKNOWN for key in _METADATA if key in metadata}
    metadata.pop("managedFields", None)
    result: KubeObject = {**document, "metadata": metadata}
    if document.get("kind") == "Service" and isinstance(document.get("spec"), dict):
        result["spec"] = _service_spec(document["spec"], inputs.get("spec") or {})
    return result


def _service_spec(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return a Service's spec without the clusterIP and node ports that are drawn anew each time."""
    made_up = {key: UNKNOWN for key in _SERVICE if key in spec and key not in given}
    if spec.get("clusterIP") == "None" or "clusterIP" in given:
        made_up = {}
    ports = [
        {**port, "nodePort": UNKNOWN} if "nodePort" in port and not nested(wanted, "nodePort") else port
        for port, wanted in zip(spec.get("ports") or [], _padded(given.get("ports"), spec.get("ports")), strict=True)
    ]
    return {**spec, **made_up, **({"ports": ports} if "ports" in spec else {})}


def _padded(given: list[Any] | None, ports: list[Any] | None) -> list[Any]:
    items = list(given or [])[: len(ports or [])]
    return items + [{}] * (len(ports or []) - len(items))
