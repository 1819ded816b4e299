"""The pods of a Deployment, as its inputs have them (Kubernetes apps/v1 Deployment, core/v1 PodSpec)."""

from collections.abc import Iterator
from typing import Any

from .rule import Properties

POD = "spec.template.spec"


def pod(properties: Properties) -> Properties:
    """Return the pods' spec; empty where the resource is no Deployment."""
    spec: Properties = ((properties.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


def containers(properties: Properties) -> Iterator[tuple[str, Any]]:
    """Yield each container with its path, those that begin included."""
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(pod(properties).get(kind) or ()):
            yield f"{POD}.{kind}[{number}]", container
