"""The Job that runs the collector in the cluster: a pod as the registry's own, on its node where that matters. No I/O.

What it has of the Deployment it takes from the live object, so that whatever was added there (a proxy's variables, a
volume) holds for the collector too.
"""

from collections.abc import Mapping
from typing import Any

from towpath.images.collection.errors import CollectionError

CONTAINER = "registry"
COLLECTOR = "app.kubernetes.io/component"
_OF_A_SERVER = ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle")
_OF_A_REPLICA = ("affinity", "topologySpreadConstraints")
_KEPT_SECONDS = 3600
_ENDING_SECONDS = 5
"""Nobody is connected to it, as to a server that ends."""
_IMAGES = "images"

Document = Mapping[str, Any]


def collector_job(deployment: Document, name: str, *, dry_run: bool, seconds: int, node: str | None) -> dict[str, Any]:
    """Render the Job. `node`: the only one that can mount the storage; None: any.

    It goes with the Deployment, and by itself an hour after its end. Raises CollectionError for a Deployment that has
    no container of the registry.
    """
    metadata, template = deployment["metadata"], deployment["spec"]["template"]["spec"]
    container = registry_container(deployment)
    labels = {
        # Not the registry's own name, or the Service would send pulls to it.
        "app.kubernetes.io/name": "registry-collector",
        "app.kubernetes.io/managed-by": "towpath",
        COLLECTOR: metadata["name"],
    }
    pod = {key: value for key, value in template.items() if key not in _OF_A_REPLICA}
    pod |= {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _ENDING_SECONDS,
        "containers": [_collector(container, dry_run=dry_run)],
        **({"affinity": _on(node)} if node else {}),
    }
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": seconds,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def registry_container(deployment: Document) -> Document:
    """Return the server's container. Raises CollectionError where there is none that serves a config file."""
    containers = deployment["spec"]["template"]["spec"].get("containers") or []
    found: Document | None = next((each for each in containers if each["name"] == CONTAINER), None)
    if found is None or (found.get("args") or [""])[0] != "serve":
        name = deployment["metadata"]["name"]
        raise CollectionError(f"Deployment {name} is none of Towpath's registries; run `pulumi up`, which mends it")
    return found


def claim_of(deployment: Document) -> str | None:
    """Return the claim that has the images; None where they are in S3."""
    volumes = deployment["spec"]["template"]["spec"].get("volumes") or []
    claims = (each.get("persistentVolumeClaim") for each in volumes if each["name"] == _IMAGES)
    return next((str(claim["claimName"]) for claim in claims if claim), None)


def _collector(container: Document, *, dry_run: bool) -> dict[str, Any]:
    config = container["args"][-1]
    arguments = ["garbage-collect", *(["--dry-run"] if dry_run else []), config]
    kept = {key: value for key, value in container.items() if key not in _OF_A_SERVER}
    mounts = [
        {**mount, "readOnly": True} if dry_run and mount["name"] == _IMAGES else mount
        for mount in container.get("volumeMounts") or []
    ]
    return {**kept, "args": arguments, "volumeMounts": mounts}


def _on(node: str) -> dict[str, Any]:
    """Require a node by its name; the label `kubernetes.io/hostname` may differ from it."""
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": fields}]}
        }
    }
