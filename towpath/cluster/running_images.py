"""Which images the cluster's pods use, and which its workloads would start."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from towpath.cluster.client import ClusterClient
from towpath.cluster.disk_images import disk_images

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_WORKLOADS = {
    "Deployments": "/apis/apps/v1/deployments",
    "StatefulSets": "/apis/apps/v1/statefulsets",
    "DaemonSets": "/apis/apps/v1/daemonsets",
    "ReplicaSets": "/apis/apps/v1/replicasets",
    "Jobs": "/apis/batch/v1/jobs",
    "CronJobs": "/apis/batch/v1/cronjobs",
    "ReplicationControllers": "/api/v1/replicationcontrollers",
}
_CONTROLLERS = {kind.removesuffix("s") for kind in _WORKLOADS}


class RunningImage(NamedTuple):
    """An image as a pod names it, and what a kubelet says it is."""

    reference: str
    """As it is written there, e.g. `registry.corp:5000/app:1` or `app`: not normalised."""
    digest: str | None
    """The manifest's, `sha256:…`; None where no kubelet has said it yet."""


async def running_images(client: ClusterClient, *, templates: bool = True) -> frozenset[RunningImage]:
    """Return the images of all pods in all namespaces: those of init and ephemeral containers and image volumes too.

    With `templates`, also what workloads and virtual machines would start: scaled to zero, suspended, stopped or not
    scheduled yet. A workload that another of these controls (an old ReplicaSet) is left out: its controller says what
    will run. Finished pods count.
    Raises ClusterError: a listing that is not whole protects nothing, so a missing right is an error too.
    """
    pods = client.list("/api/v1/pods", "listing Pods of all namespaces")
    kinds = _WORKLOADS.items() if templates else ()
    workloads = [client.list(path, f"listing {kind} of all namespaces") for kind, path in kinds]
    found_pods, *found_workloads = await asyncio.gather(pods, *workloads)
    images = {image for pod in found_pods for image in images_of_pod(pod)}
    for workload in (each for found in found_workloads for each in found):
        if not _is_controlled(workload):
            images.update(RunningImage(reference, None) for reference in _references(_template(workload)))
    if templates:
        images.update(RunningImage(reference, None) for reference in await disk_images(client))
    return frozenset(images)


def images_of_pod(pod: Mapping[str, Any]) -> Iterator[RunningImage]:
    """Yield a pod's images as its spec names them and as its status does, each with the digest that it runs."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    wanted = {
        container["name"]: container["image"]
        for key in _CONTAINERS
        for container in spec.get(key) or []
        if container.get("image")
    }
    for reference in _references(spec):
        yield RunningImage(reference, None)
    for found in (each for key in _STATUSES for each in status.get(key) or []):
        repository, at, digest = str(found.get("imageID") or "").partition("://")[-1].rpartition("@")
        if not at:
            repository, at, digest = str(found.get("imageID") or "").rpartition("@")
        for name in {
            wanted.get(found.get("name")),
            _named(found.get("image")),
            f"{repository}@{digest}" if at else None,
        }:
            if name:
                yield RunningImage(name, digest if at else None)


def _is_controlled(workload: Mapping[str, Any]) -> bool:
    """Whether another workload that is listed says what runs; an operator's own kind is not."""
    owners = workload["metadata"].get("ownerReferences") or []
    return any(owner.get("controller") and owner.get("kind") in _CONTROLLERS for owner in owners)


def _named(image: str | None) -> str | None:
    """Leave out what a runtime says of an image without a name: the digest of its configuration."""
    return None if not image or image.startswith("sha256:") else image


def _references(spec: Mapping[str, Any]) -> Iterator[str]:
    for container in (each for key in _CONTAINERS for each in spec.get(key) or []):
        if container.get("image"):
            yield container["image"]
    for volume in spec.get("volumes") or []:
        if reference := (volume.get("image") or {}).get("reference"):
            yield reference


def _template(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = workload.get("spec") or {}
    if "jobTemplate" in spec:
        spec = spec["jobTemplate"].get("spec") or {}
    template: Mapping[str, Any] = (spec.get("template") or {}).get("spec") or {}
    return template
