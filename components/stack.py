"""`Stack`: all parts of one environment, composed from its settings."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_random as random

from components.account_overlap import account_overlap
from components.cache import PullThroughCache, PullThroughCacheArgs
from components.certificates import Certificates
from components.credentials import Credentials
from components.images import Images
from components.machine import Machine
from components.node import Node, NodeArgs
from components.node_logins import NodeLogins
from components.operator_trust import OperatorTrust
from components.pulling_logins import pulling_logins
from components.registry import RegistryContainer, RegistryContainerArgs
from components.rollout import roll_out
from components.surroundings import OWN_PROGRAM, Surroundings
from towpath.applier.bootstrap import Sudo
from towpath.errors import TowpathError
from towpath.machines.document_id import (
    cache_document_id,
    document_id,
    logins_document_id,
    node_document_id,
    registry_document_id,
)
from towpath.machines.wishes import node_proxy
from towpath.settings.deployment import Deployment
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

if TYPE_CHECKING:
    from components.external_logins import ExternalLogins
    from components.kubernetes_provider import KubernetesCluster
    from components.pull_secrets import PullSecrets
    from components.registry_deployment import RegistryDeployment
    from towpath.pull_secrets.survey import AskedSurvey

_SALT_CHARACTERS = 32


class Stack:
    """Certificates and accounts, then nodes in batches, then the registry and its caches on a node that is ready.

    Nodes that do not answer come last, so that their failure stops nothing else.
    """

    kept_claims: Sequence[str] = ()
    """`NAMESPACE/NAME` of the PersistentVolumeClaims that a destroy leaves."""

    def __init__(
        self,
        settings: Settings,
        connections: Mapping[str, Connection],
        unreachable: Collection[str] = (),
        cluster: "KubernetesCluster | None" = None,
        asked: "AskedSurvey | None" = None,
        surroundings: Surroundings = OWN_PROGRAM,
    ) -> None:
        """Register everything. `asked`: which namespaces get pull secrets, where the settings have any."""
        self._settings = settings
        self._in = surroundings
        self._cluster = cluster
        self._machines = {name: Machine(name, connection) for name, connection in connections.items()}
        self.images = Images(settings, self._machines, surroundings)
        self._certificates = self._signed() if settings.has_certificates else None
        # Not RandomBytes: the id of one is its value, in plain text in the state.
        self._salt = random.RandomPassword(
            self._in.named("drift-salt"), length=_SALT_CHARACTERS, special=False, opts=self._in.options()
        ).result
        self.credentials = self._made_credentials() if settings.has_registry else None
        self.external = self._external_logins()
        silent = [name for name in settings.nodes.members if name in unreachable]
        overlap = account_overlap(settings, self._machines, self.credentials, silent, self._in)
        self.nodes = self._roll_out([name for name in settings.nodes.members if name not in unreachable], overlap)
        self.pull_secrets: PullSecrets | None = None
        if self._withdraws:
            self.pull_secrets = self._pull_secrets(asked, overlap)
        if silent and settings.registry_node in silent:
            self.nodes |= self._roll_out(silent, list(self.nodes.values()))
            self.registry, self.caches = self._registry(), self._caches()
        else:
            self.registry, self.caches = self._registry(), self._caches()
            before = [*self.nodes.values(), *([self.registry] if self.registry else []), *self.caches.values()]
            self.nodes |= self._roll_out(silent, before)
        if self.registry and self._certificates and self.credentials:
            self.images.register(self.registry, self._certificates, self.credentials)
        self._undone: TowpathError | None = None
        if not self._withdraws:
            try:
                self.pull_secrets = self._pull_secrets(asked, self._taken or overlap)
            except TowpathError as error:
                # A cluster that does not answer must not stop the nodes that it may need to answer again.
                self._undone = error
        self.node_logins = self._node_logins() if settings.logins_apart else {}
        for name in silent:
            pulumi.log.warn(f"{name} does not answer; it is tried last, after everything else")
        if settings.trust.operator and self._certificates:
            sudo = Sudo("passwordless" if settings.trust.operator_sudo else "none")
            document = document_id("operator", self._in.owner)
            name, opts = self._in.named("operator-trust"), self._in.options()
            OperatorTrust(name, self._certificates.ca_pem, document, sudo, opts)

    def check(self) -> None:
        """Raise TowpathError for what could not be begun, when all else is."""
        if self._undone:
            raise TowpathError(f"{self._undone}\nAll else can be brought up meanwhile: pulumi up --skip-preview")

    def _signed(self) -> Certificates:
        settings = self._settings
        hosts = [settings.registry_host, *([settings.cache_host] if settings.registry.caches else [])]
        return Certificates(self._in.named("certificate"), settings.registry.certificate, hosts, self._in.options())

    def _roll_out(self, names: Sequence[str], after: Sequence[pulumi.Resource]) -> dict[str, Node]:
        return roll_out(names, self._settings.nodes.rollout.max_unavailable, self._node, after, self._in)

    def _node(self, name: str, opts: pulumi.ResourceOptions) -> Node:
        args = self._node_args(name, node_document_id(name, self._in.owner))
        return Node(self._in.named(name), args, opts)

    def _node_logins(self) -> dict[str, NodeLogins]:
        made = {}
        for name in self._logging_in():
            args = self._node_args(name, logins_document_id(name, self._in.owner))
            after = self._in.options(self.nodes[name], *self._taken)
            made[name] = NodeLogins(self._in.named(f"{name}-logins"), args, after)
        return made

    def _logging_in(self) -> list[str]:
        """List the nodes with a credential provider that are set up so far."""
        settings = self._settings.nodes
        return [name for name in self.nodes if settings.setup_of(settings.members[name]).credential_provider]

    def _node_args(self, name: str, document: str) -> NodeArgs:
        return NodeArgs(
            settings=self._settings,
            machine=self._machines[name],
            ca_pem=self._certificates.ca_pem if self._certificates else pulumi.Output.from_input(""),
            document_id=document,
            salt=self._salt,
            logins=pulling_logins(self._settings, self.credentials, self.external),
            gone=self._settings.nodes.members[name].gone,
        )

    @property
    def _withdraws(self) -> bool:
        """Whether the registry withdraws logins as soon as consumers have the next ones."""
        return not self._settings.logins_apart and not all(each.keep_previous for each in self._settings.accounts)

    @property
    def _taken(self) -> list[pulumi.Resource]:
        """What must be up before new logins are used, where the registry takes them by a roll-out of its own."""
        return [self.registry] if self.registry and self._settings.logins_apart else []

    def _made_credentials(self) -> Credentials:
        name, overlaps = self._in.named("credentials"), not self._settings.logins_apart
        return Credentials(name, self._settings.accounts, self._in.options(), overlaps=overlaps)

    def _pull_secrets(self, asked: "AskedSurvey | None", after: Sequence[pulumi.Resource]) -> "PullSecrets | None":
        settings, cluster = self._settings, self._cluster
        if settings.namespaces is None or cluster is None or asked is None:
            return None
        from components.pull_secrets import PullSecrets, PullSecretsArgs  # noqa: PLC0415 most stacks need none

        args = PullSecretsArgs(
            settings=settings.namespaces,
            asked=asked,
            cluster=cluster,
            accounts=settings.accounts,
            registry=settings.registry_endpoint if settings.has_registry else None,
            logins=self.credentials.logins if self.credentials else None,
            external=self.external.logins if self.external else {},
            ca_pem=self._certificates.ca_pem if self._certificates else "",
        )
        return PullSecrets(self._in.named("pull-secrets"), args, self._in.options(*after))

    def _consumers(self) -> list[pulumi.Resource]:
        """List who must have moved before the registry withdraws logins; nobody where those before stay valid."""
        if not self._withdraws:
            return []
        nodes = [self.nodes[name] for name in self._logging_in()]
        return [*nodes, *(self.pull_secrets.consumers if self.pull_secrets else [])]

    def _after_its_node(self, *others: pulumi.Resource) -> pulumi.ResourceOptions:
        """Order what runs on the registry's node: a runtime that restarts takes the registry down with it."""
        return self._in.options(self.nodes[self._settings.registry_node], *others)

    def _registry(self) -> "RegistryContainer | RegistryDeployment | None":
        if self._certificates is None or self.credentials is None:
            return None
        if self._settings.deployment and self._cluster:
            return self._registry_in(self._cluster, self._settings.deployment, self._certificates, self.credentials)
        settings, node = self._settings, self._settings.registry_node
        args = RegistryContainerArgs(
            settings=settings.registry,
            machine=self._machines[node],
            address=settings.registry_host,
            certificates=self._certificates,
            credentials=self.credentials,
            probe_account=settings.accounts[0].name,
            document_id=registry_document_id(node, self._in.owner),
            salt=self._salt,
            gone=settings.nodes.members[node].gone,
        )
        return RegistryContainer(self._in.named("registry"), args, self._after_its_node(*self._consumers()))

    def _registry_in(
        self, cluster: "KubernetesCluster", deployment: Deployment, certificates: Certificates, credentials: Credentials
    ) -> "RegistryDeployment":
        from components.deployment_args import StackParts, deployment_args  # noqa: PLC0415 most stacks need no cluster
        from components.registry_deployment import RegistryDeployment  # noqa: PLC0415 as above

        parts = StackParts(self._machines, cluster, certificates, credentials, self._salt, self._in.owner)
        args = deployment_args(self._settings, deployment, parts)
        # A node whose runtime restarts takes its pods down for a moment.
        registry = RegistryDeployment(self._in.named("registry"), args, self._in.options(*self.nodes.values()))
        self.kept_claims = registry.kept_claims
        return registry

    def _external_logins(self) -> "ExternalLogins | None":
        if not self._settings.external_registries:
            return None
        from components.external_logins import ExternalLogins  # noqa: PLC0415 most stacks have none

        return ExternalLogins(self._in.named("external"), self._settings.external_registries, self._in.options())

    def _caches(self) -> dict[str, PullThroughCache]:
        if self._certificates is None:
            return {}
        return {host: self._cache(host, self._certificates) for host in self._settings.registry.caches}

    def _cache(self, host: str, certificates: Certificates) -> PullThroughCache:
        settings, name = self._settings, self._settings.registry_node
        node = settings.nodes.members[name]
        args = PullThroughCacheArgs(
            upstream=host,
            settings=settings.registry.caches[host],
            registry=settings.registry,
            machine=self._machines[name],
            address=settings.cache_host,
            certificates=certificates,
            proxy=node_proxy(settings, node, settings.nodes.setup_of(node)),
            document_id=cache_document_id(host, name, self._in.owner),
            salt=self._salt,
            gone=node.gone,
        )
        return PullThroughCache(self._in.named(f"cache-{host}"), args, self._after_its_node())
