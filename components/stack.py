"""`Stack`: all parts of one environment, composed from its settings."""

from collections.abc import Collection, Mapping

import pulumi
import pulumi_random as random

from components.cache import PullThroughCache, PullThroughCacheArgs
from components.certificates import Certificates
from components.credentials import Credentials
from components.machine import Machine
from components.node import Node, NodeArgs
from components.operator_trust import OperatorTrust
from components.registry import RegistryContainer, RegistryContainerArgs
from components.rollout import roll_out
from towpath.applier.bootstrap import Sudo
from towpath.machines.document_id import document_id
from towpath.machines.wishes import node_proxy
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

_SALT_CHARACTERS = 32


class Stack:
    """Certificates and accounts, then nodes in batches, then the registry and its caches on a node that is ready."""

    def __init__(
        self, settings: Settings, connections: Mapping[str, Connection], unreachable: Collection[str] = ()
    ) -> None:
        """Register everything. `unreachable` nodes are changed last."""
        self._settings = settings
        self._machines = {name: Machine(name, connection) for name, connection in connections.items()}
        # Not RandomBytes: the id of one is its value, in plain text in the state.
        self._salt = random.RandomPassword("drift-salt", length=_SALT_CHARACTERS, special=False).result
        self._certificates = Certificates("certificate", settings.registry.certificate, [settings.registry_host])
        self.credentials = Credentials("credentials", settings.accounts)
        self.nodes = roll_out(settings.nodes.members, unreachable, settings.nodes.rollout.max_unavailable, self._node)
        # A runtime that restarts takes the registry down with it, so its node is done first.
        after_node = pulumi.ResourceOptions(depends_on=[self.nodes[settings.registry_node]])
        self.registry = self._registry(after_node)
        self.caches = {host: self._cache(host, after_node) for host in settings.registry.caches}
        if settings.trust.operator:
            sudo = Sudo("passwordless" if settings.trust.operator_sudo else "none")
            OperatorTrust("operator-trust", self._certificates.ca_pem, _id("operator"), sudo)

    def _node(self, name: str, opts: pulumi.ResourceOptions) -> Node:
        return Node(
            name,
            NodeArgs(
                settings=self._settings,
                machine=self._machines[name],
                ca_pem=self._certificates.ca_pem,
                document_id=_id("node"),
                salt=self._salt,
                gone=self._settings.nodes.members[name].gone,
            ),
            opts,
        )

    def _registry(self, opts: pulumi.ResourceOptions) -> RegistryContainer:
        settings = self._settings
        return RegistryContainer(
            "registry",
            RegistryContainerArgs(
                settings=settings.registry,
                machine=self._machines[settings.registry_node],
                address=settings.registry_host,
                certificates=self._certificates,
                credentials=self.credentials,
                probe_account=settings.accounts[0].name,
                document_id=_id("registry"),
                salt=self._salt,
            ),
            opts,
        )

    def _cache(self, host: str, opts: pulumi.ResourceOptions) -> PullThroughCache:
        settings = self._settings
        node = settings.nodes.members[settings.registry_node]
        cache = settings.registry.caches[host]
        return PullThroughCache(
            f"cache-{host}",
            PullThroughCacheArgs(
                upstream=host,
                settings=cache,
                registry=settings.registry,
                machine=self._machines[settings.registry_node],
                address=settings.registry_host,
                certificates=self._certificates,
                proxy=node_proxy(settings, node, settings.nodes.setup_of(node)),
                document_id=_id(f"cache-{cache.port}"),
                salt=self._salt,
            ),
            opts,
        )


def _id(part: str) -> str:
    return document_id(part, pulumi.get_stack())
