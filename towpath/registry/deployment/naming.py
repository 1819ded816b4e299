"""Names and labels of the objects, by which they find one another."""

from typing import Any, TypeAlias

from towpath.settings.deployment import Deployment

Manifest: TypeAlias = dict[str, Any]
"""An object of the Kubernetes API: `apiVersion`, `kind`, `metadata` and what its kind has."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""Whether the pods answer is awaited once, at the Deployment, and by a login after it."""


def selector(deployment: Deployment) -> dict[str, str]:
    """Return the labels that the pods are found by; they may never change."""
    return {"app.kubernetes.io/name": "registry", "app.kubernetes.io/instance": deployment.name}


def labels(deployment: Deployment) -> dict[str, str]:
    """Return the labels of every object."""
    return {**selector(deployment), "app.kubernetes.io/managed-by": "towpath"}


def metadata(deployment: Deployment, suffix: str = "", annotations: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the metadata of an object in the namespace."""
    found: dict[str, Any] = {
        "name": f"{deployment.name}{suffix}",
        "namespace": deployment.namespace,
        "labels": labels(deployment),
    }
    return found | ({"annotations": dict(annotations)} if annotations else {})
