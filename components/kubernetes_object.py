"""Objects of a cluster from manifests, as the typed resources of the kubernetes plugin."""

from typing import Any

import pulumi

from towpath.registry.deployment.naming import Manifest


def kubernetes_object(
    name: str, manifest: Manifest, opts: pulumi.ResourceOptions, string_data: pulumi.Input[dict[str, str]] | None = None
) -> pulumi.CustomResource:
    """Register the object that a manifest describes. `string_data` is a Secret's content, secret itself."""
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 most of a second to import, and many stacks need none

    kinds: dict[str, Any] = {
        "Namespace": kubernetes.core.v1.Namespace,
        "Secret": kubernetes.core.v1.Secret,
        "PersistentVolume": kubernetes.core.v1.PersistentVolume,
        "PersistentVolumeClaim": kubernetes.core.v1.PersistentVolumeClaim,
        "Service": kubernetes.core.v1.Service,
        "Deployment": kubernetes.apps.v1.Deployment,
        "PodDisruptionBudget": kubernetes.policy.v1.PodDisruptionBudget,
        "NetworkPolicy": kubernetes.networking.v1.NetworkPolicy,
        "Ingress": kubernetes.networking.v1.Ingress,
    }
    fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    if string_data is not None:
        fields["string_data"] = string_data
    made: pulumi.CustomResource = kinds[manifest["kind"]](name, **fields, opts=opts)
    return made
