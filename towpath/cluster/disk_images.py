"""Which images KubeVirt's virtual machines boot from, and CDI imports: running, stopped, or yet to be made.

Fields: `containerDisk.image` and `kernelBoot.container.image` of kubevirt.io/v1, `source.registry.url` of
cdi.kubevirt.io/v1beta1, wherever a kind has them: templates of pools and of data volumes too.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from towpath.cluster.client import ClusterClient

_KINDS = {
    "kubevirt.io": ("virtualmachines", "virtualmachineinstances", "virtualmachineinstancereplicasets"),
    "pool.kubevirt.io": ("virtualmachinepools",),
    "cdi.kubevirt.io": ("datavolumes", "dataimportcrons", "volumeimportsources"),
}
_BY_IMAGE = ("containerDisk", "container")
_URL = "docker://"


async def disk_images(client: ClusterClient) -> frozenset[str]:
    """Return the images as they are written there; none where the cluster has no such kinds. Raises ClusterError."""
    groups = (await client.get("/apis", "listing API groups")).get("groups") or []
    served = [
        f"/apis/{group['name']}/{group['preferredVersion']['version']}" for group in groups if group["name"] in _KINDS
    ]
    found = await asyncio.gather(*(_images_of_group(client, path) for path in served))
    return frozenset(image for images in found for image in images)


async def _images_of_group(client: ClusterClient, path: str) -> set[str]:
    kinds = _KINDS[path.split("/")[2]]
    resources = (await client.get(path, f"listing the kinds of {path}")).get("resources") or []
    there = [kind for kind in kinds if any(resource["name"] == kind for resource in resources)]
    found = await asyncio.gather(
        *(client.list(f"{path}/{kind}", f"listing {kind} of all namespaces") for kind in there)
    )
    return {image for items in found for item in items for image in _images(item.get("spec"))}


def _images(value: Any) -> Iterator[str]:  # noqa: ANN401 a JSON value
    if isinstance(value, list):
        for each in value:
            yield from _images(each)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if isinstance(inner, dict):
            url = str(inner.get("url") or "")
            if key in _BY_IMAGE and inner.get("image"):
                yield str(inner["image"])
            elif key == "registry" and url.startswith(_URL):
                yield url.removeprefix(_URL)
        yield from _images(inner)
