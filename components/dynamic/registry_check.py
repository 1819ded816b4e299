"""`RegistryCheck`: a login at the registry after each roll-out of its Deployment.

The cluster knows that pods are ready; whether clients get to them under the registry's name, only a client does.
"""

import asyncio
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.dynamic.telling import teller
from towpath.access.registry_check import check_registry, pods_answer

_WISH = ("registry", "rollout")
_MEANS = ("access",)


class RegistryCheckProvider(ResourceProvider):
    """Logs in where something was rolled out; another password alone is only taken down."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find a change in what was rolled out, or in the way there; nothing ever replaces."""
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in _WISH + _MEANS), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Log in, or fail; then wait for the pods, since what served before them is removed after this."""
        asyncio.run(check_registry(props["access"]))
        if not asyncio.run(pods_answer(props["access"])):
            teller(props["registry"])("its answers do not say that pods gave them; pulls may fail while they take over")
        return CreateResult(props["registry"], props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Log in again, or fail."""
        if any(_olds.get(key) != _news.get(key) for key in _WISH):
            asyncio.run(check_registry(_news["access"]))
        return UpdateResult(_news)


class RegistryCheck(Resource, module="registry", name="RegistryCheck"):
    """The registry has answered."""

    registry: pulumi.Output[str]
    """`HOST:PORT`, known once it has."""

    def __init__(self, name: str, props: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        """Register: `props` are registry, rollout (what tells one from the next), facts and the secret access."""
        super().__init__(RegistryCheckProvider(), name, props, opts)
