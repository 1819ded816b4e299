"""The settings of a stack as one value."""

from typing import Self

from pydantic import Field, model_validator

from towpath.settings.accounts import Accounts
from towpath.settings.nodes import Nodes
from towpath.settings.proxy import Proxy
from towpath.settings.registry import Registry
from towpath.settings.trust import Trust
from towpath.settings.types import Section


class Settings(Section):
    """What stands under `towpath:` in `stacks/Pulumi.<stack>.yaml`."""

    proxy: Proxy | None = Field(None, description="the proxy of all nodes")
    nodes: Nodes = Field(description="the machines")
    registry: Registry = Field(default_factory=Registry, description="the private registry")
    accounts: Accounts = Field(description="who may log in to the registry")
    trust: Trust = Field(default_factory=Trust, description="who trusts the registry's CA")

    @model_validator(mode="after")
    def _registry_on_a_node(self) -> Self:
        node = self.registry.node
        known = ", ".join(sorted(self.nodes.members))
        if node is not None and node not in self.nodes.members:
            raise ValueError(f"registry.node is {node!r}, which is no node of this stack; write one of: {known}")
        if node is None and len(self.nodes.members) > 1:
            raise ValueError(f"registry.node says which node the registry runs on; write one of: {known}")
        return self

    @model_validator(mode="after")
    def _upstreams_say_something(self) -> Self:
        for host, upstream in self.nodes.upstreams.items():
            if not (upstream.mirrors or host in self.registry.caches or (upstream.ca_pem and upstream.fallback)):
                raise ValueError(
                    f"nodes.upstreams.{host} names no place where its images are had; give it mirrors, a ca_pem of its "
                    "own, or a cache in registry.caches"
                )
        return self

    @property
    def registry_node(self) -> str:
        """Name of the node that the registry runs on."""
        return self.registry.node or next(iter(self.nodes.members))

    @property
    def registry_host(self) -> str:
        """The name or address by which clients reach the registry, without the port."""
        return self.registry.host or self.nodes.members[self.registry_node].address
