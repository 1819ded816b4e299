"""Static local storage: a StorageClass without a provisioner and a few PersistentVolumes a node, each a folder."""

from typing import Any

STORAGE_CLASS = "local"
PER_NODE = 4
CAPACITY = "10Gi"
ROOT = "/var/lib/towpath-lab/volumes"


def volume_names(node: str) -> list[str]:
    """List the names of a node's PersistentVolumes."""
    return [f"{node}-volume-{number}" for number in range(1, PER_NODE + 1)]


def folders(node: str) -> list[str]:
    """List the folders behind them, parents first; root's own, so a pod that is not root needs its fsGroup."""
    return ["/var/lib/towpath-lab", ROOT, *(f"{ROOT}/{name}" for name in volume_names(node))]


def objects(nodes: list[str]) -> list[dict[str, Any]]:
    """Make the StorageClass and all PersistentVolumes, as API objects."""
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    return [storage_class, *(_volume(name, node) for node in nodes for name in volume_names(node))]


def released(found: list[dict[str, Any]], nodes: list[str]) -> dict[str, str]:
    """Map the lab's volumes that have lost their claim, among those found, to their nodes."""
    known = {name: node for node in nodes for name in volume_names(node)}
    names = [volume["metadata"]["name"] for volume in found if volume["status"]["phase"] == "Released"]
    return {name: known[name] for name in names if name in known}


def _volume(name: str, node: str) -> dict[str, Any]:
    on_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": CAPACITY},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
            "local": {"path": f"{ROOT}/{name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
        },
    }
