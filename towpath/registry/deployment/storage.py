"""Where the pods keep images: a claim, and the volume behind it where that is a node's folder."""

from typing import Any

from towpath.registry.deployment.naming import SKIP_AWAIT, Manifest, labels, metadata
from towpath.settings.deployment import Deployment
from towpath.settings.deployment_storage import Claim, NodeVolume


def claim_name(deployment: Deployment) -> str | None:
    """Return the name of the claim that the pods mount; None with S3."""
    storage = deployment.storage
    if storage.s3:
        return None
    return storage.existing_claim or f"{deployment.name}-images"


def volume_name(deployment: Deployment) -> str:
    """Return the name of the volume for a node's folder; volumes have no namespace."""
    return f"towpath-{deployment.namespace}-{deployment.name}"


def persistent_volume(deployment: Deployment) -> Manifest | None:
    """Render the volume for a node's folder, which only our claim may take and which outlives it."""
    volume = deployment.storage.volume
    if volume is None:
        return None
    on_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [volume.hostname or volume.node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": volume_name(deployment), "labels": labels(deployment)},
        "spec": {
            "capacity": {"storage": volume.size},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "local": {"path": volume.folder},
            "claimRef": {"namespace": deployment.namespace, "name": claim_name(deployment)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
        },
    }


def persistent_volume_claim(deployment: Deployment) -> Manifest | None:
    """Render the claim, unless others made it or images are in S3."""
    storage = deployment.storage
    if storage.volume:
        spec = _claim_of_volume(deployment, storage.volume)
    elif made := storage.made_claim:
        spec = _claim(made)
    else:
        return None
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(deployment, "-images", SKIP_AWAIT),
        "spec": spec,
    }


def _claim_of_volume(deployment: Deployment, volume: NodeVolume) -> dict[str, Any]:
    return {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "volumeName": volume_name(deployment),
        "resources": {"requests": {"storage": volume.size}},
    }


def _claim(made: Claim) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": [made.access_mode], "resources": {"requests": {"storage": made.size}}}
    if made.storage_class is not None:
        spec["storageClassName"] = made.storage_class
    if made.volume_name is not None:
        spec["volumeName"] = made.volume_name
    if made.match_labels:
        spec["selector"] = {"matchLabels": dict(made.match_labels)}
    return spec
