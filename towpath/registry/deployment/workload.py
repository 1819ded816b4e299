"""The Deployment itself, its namespace, and how many of its pods a drain may take."""

from collections.abc import Mapping
from typing import Any

from towpath.registry.deployment.naming import Manifest, labels, metadata, selector
from towpath.registry.deployment.pod import pod_spec
from towpath.settings.deployment import Deployment
from towpath.settings.registry import Registry

_KEPT_REVISIONS = 3


def namespace(deployment: Deployment) -> Manifest | None:
    """Render the namespace, unless it is there."""
    if not deployment.create_namespace:
        return None
    managed = {"app.kubernetes.io/managed-by": "towpath"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": deployment.namespace, "labels": managed}}


def workload(registry: Registry, deployment: Deployment, checksums: Mapping[str, Any]) -> Manifest:
    """Render the Deployment. `checksums` are annotations of its pods, which are replaced when one changes.

    A new pod comes before an old one goes wherever both can have the images; else the old one must go first.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(deployment),
        "spec": {
            "replicas": deployment.replicas,
            "revisionHistoryLimit": _KEPT_REVISIONS,
            "progressDeadlineSeconds": deployment.ready_seconds,
            "strategy": _strategy(deployment),
            "selector": {"matchLabels": selector(deployment)},
            "template": {
                "metadata": {"labels": labels(deployment), "annotations": dict(checksums)},
                "spec": pod_spec(registry, deployment),
            },
        },
    }


def disruption_budget(deployment: Deployment) -> Manifest | None:
    """Render how many pods may be gone on purpose; with one replica it would only keep nodes from being drained."""
    if deployment.replicas == 1 or not deployment.disruption_budget:
        return None
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(deployment),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(deployment)}},
    }


def _strategy(deployment: Deployment) -> dict[str, Any]:
    if not deployment.storage.overlapping:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
