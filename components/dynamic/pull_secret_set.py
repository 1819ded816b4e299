"""`PullSecretSet`: the pull secrets of many namespaces as one resource, and the removal of all of them.

It stands also beside `kubernetes.core.v1.Secret` resources, one a namespace: those are left in the cluster when Pulumi
drops them, and this one removes them. So a stack may go from one way to the other without a secret being away.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from components.dynamic.telling import teller
from towpath.pull_secrets import set_lifecycle

_tell = teller("pull secrets")


class PullSecretSetProvider(ResourceProvider):
    """Serves the namespaces that changed; what fails is an output, so that the state knows what was done."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change in any input, and in what failed before; nothing ever replaces."""
        return DiffResult(changes=set_lifecycle.has_changed(_olds, _news), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Serve all namespaces."""
        return CreateResult(f"{props['secret_name']}@{props['owner']}", set_lifecycle.created(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Leave the namespaces out that hold something else now, so that the next `up` serves them."""
        outs = set_lifecycle.found(props)
        inputs = {key: value for key, value in outs.items() if key not in set_lifecycle.COMPUTED}
        return ReadResult(id_, outs, inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Serve what changed, clear what is chosen no more."""
        return UpdateResult(set_lifecycle.updated(_olds, _news, _tell))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what is ours."""
        set_lifecycle.deleted(_props, _tell)


class PullSecretSet(Resource, module="cluster", name="PullSecretSet"):
    """The namespaces and what they hold."""

    failed: pulumi.Output[dict[str, str]]
    """Namespace → step and reason."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register the set.

        `props` are access and contents (secret), secret_name, owner, adopt, applies, ca_pem, namespaces and refused.
        """
        computed = dict.fromkeys(set_lifecycle.COMPUTED)
        super().__init__(PullSecretSetProvider(), name, {**props, **computed}, opts)
