"""How workloads name the pull secret, for programs that make them. Pure."""

from typing import Any

from towpath.pull_secrets.manifests import cdi_config_map_name, cdi_secret_name


def image_pull_secrets(secret: str) -> list[dict[str, str]]:
    """Return a pod spec's `imagePullSecrets`."""
    return [{"name": secret}]


def container_disk(secret: str, image: str) -> dict[str, Any]:
    """Return the volume source of a KubeVirt VirtualMachine whose disk is an image of the registry."""
    return {"containerDisk": {"image": image, "imagePullSecret": secret}}


def data_volume_source(secret: str, image: str, *, ca: bool = True) -> dict[str, Any]:
    """Return the `source` of a CDI DataVolume that is imported from the registry, with our CA or the system's."""
    source = {"url": f"docker://{image}", "secretRef": cdi_secret_name(secret)}
    return {"registry": {**source, "certConfigMap": cdi_config_map_name(secret)} if ca else source}
