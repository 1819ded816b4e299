"""Objects of a cluster from manifests, as resources of the kubernetes plugin.

They are registered by their type token, as the SDK's classes do it: to import those takes most of a second on every
run, for nothing that a manifest has not already.
"""

from collections.abc import Mapping

import pulumi

from towpath.registry.deployment.naming import Manifest

_SECRET_OUTPUTS = {"Secret": ["data", "stringData"]}
"""What may never stand in plain text in a state, whatever a program marks as secret; by kind."""


def kubernetes_object(
    name: str,
    manifest: Manifest,
    opts: pulumi.ResourceOptions,
    contents: Mapping[str, pulumi.Input[Mapping[str, str]]] | None = None,
) -> pulumi.CustomResource:
    """Register the object that a manifest describes.

    `contents` is a Secret's `data` or `stringData`, by that name; it is secret itself.
    """
    secret = pulumi.ResourceOptions(additional_secret_outputs=_SECRET_OUTPUTS.get(manifest["kind"]))
    filled = {key: pulumi.Output.secret(value) for key, value in (contents or {}).items()}
    return pulumi.CustomResource(
        token(manifest), name, {**manifest, **filled}, pulumi.ResourceOptions.merge(opts, secret)
    )


def token(manifest: Manifest) -> str:
    """Return the plugin's name of a kind: `kubernetes:GROUP/VERSION:KIND`, where the core's group is called `core`."""
    api = manifest["apiVersion"]
    return f"kubernetes:{api if '/' in api else f'core/{api}'}:{manifest['kind']}"
