"""The settings of a stack as one value."""

from typing import Self

from pydantic import Field, model_validator

from towpath.nodes.registries import endpoint
from towpath.settings.accounts import Accounts
from towpath.settings.cluster import Cluster
from towpath.settings.deployment import Deployment
from towpath.settings.deployment_rules import check_deployment
from towpath.settings.external_registries import ExternalRegistries
from towpath.settings.images import Images
from towpath.settings.namespace_rules import check_namespaces
from towpath.settings.namespaces import Namespaces
from towpath.settings.nodes import Nodes
from towpath.settings.proxy import Proxy
from towpath.settings.registry import Registry
from towpath.settings.trust import Trust
from towpath.settings.types import Line, Section


class Settings(Section):
    """What stands under `towpath:` in `stacks/Pulumi.<stack>.yaml`."""

    proxy: Proxy | None = Field(None, description="the proxy of all nodes")
    nodes: Nodes = Field(default_factory=Nodes, description="the machines; may be left out beside a cluster")
    registry: Registry = Field(default_factory=Registry, description="the private registry")
    accounts: Accounts = Field((), description="who may log in to the registry")
    images: Images = Field(default_factory=Images, description="the registry's images")
    trust: Trust = Field(default_factory=Trust, description="who trusts the registry's CA")
    cluster: Cluster | None = Field(None, description="the Kubernetes cluster; left out: nothing is done in one")
    external_registries: ExternalRegistries = Field(
        default_factory=dict, description="logins at registries of providers, by host, e.g. ghcr.io; docker.io for Hub"
    )
    namespaces: Namespaces | None = Field(None, description="pull secrets in the cluster; left out: none")
    protected: bool = Field(
        False,
        description="`make destroy` asks, and `make` refuses a state in files of one machine (a file:// backend)",
    )
    defaults: Line | None = Field(
        None,
        description="a file like a stack's, relative to the project, whose settings hold where this stack says nothing",
    )

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if missing := [*self._no_machines(), *self._no_accounts()]:
            raise ValueError("; ".join(missing))
        return self

    def _no_machines(self) -> list[str]:
        if self.nodes.members:
            return []
        if self.cluster is None:
            one = "add one, e.g. 'node-1: {address: 10.0.0.5}', or a cluster"
            return [f"nodes.members: no node is named, there is nothing to do; {one}"]
        if self.registry.kind == "container" or self.registry.caches:
            return ["nodes.members: no node is named, but the registry and its caches run on one; add it"]
        if self.cluster.access == "ssh":
            return ["nodes.members: no node is named, but cluster.access is ssh; add one, or set access to direct"]
        return []

    def _no_accounts(self) -> list[str]:
        if self.has_registry:
            lacks = "no account is named, nobody could log in; add one, e.g. '- name: ci'"
            return [] if self.accounts else [f"accounts: {lacks}"]
        given = {"accounts": self.accounts != (), "images": self.images != Images()}
        return [
            f"{key}: is of the registry, which kind none leaves out; take it out"
            for key, is_set in given.items()
            if is_set
        ]

    @model_validator(mode="after")
    def _logins_of_nodes(self) -> Self:
        names = {account.name for account in self.accounts}
        if self.nodes.account is not None and self.nodes.account not in names:
            known = ", ".join(sorted(names)) or "none, since there is no registry"
            raise ValueError(f"nodes.account is {self.nodes.account!r}, which is no account; write one of: {known}")
        for account in self.accounts:
            if self.logins_apart and account.rotates_itself and not account.keep_previous:
                raise ValueError(
                    f"the account {account.name} rotates itself with keep_previous: false, which a Deployment cannot "
                    "do without a gap; leave keep_previous out, so that the next rotation withdraws the login"
                )
        if not self.has_registry and not self.external_registries:
            for name, node in self.nodes.members.items():
                if self.nodes.setup_of(node).credential_provider:
                    raise ValueError(
                        f"nodes.members.{name} has a credential_provider, but there is no registry to log in to; take "
                        "it out, or name external_registries"
                    )
        return self

    @model_validator(mode="after")
    def _registry_on_a_node(self) -> Self:
        node = self.registry.node
        known = ", ".join(sorted(self.nodes.members))
        if node is not None and node not in self.nodes.members:
            raise ValueError(f"registry.node is {node!r}, which is no node of this stack; write one of: {known}")
        needed = self.registry.kind == "container" or self.registry.caches
        if needed and node is None and len(self.nodes.members) > 1:
            raise ValueError(f"registry.node says which node the registry runs on; write one of: {known}")
        return self

    @model_validator(mode="after")
    def _registry_in_the_cluster(self) -> Self:
        if self.registry.kind == "deployment":
            check_deployment(self.registry, self.cluster, self.nodes)
        return self

    @model_validator(mode="after")
    def _pull_secrets(self) -> Self:
        if self.namespaces is None:
            return self
        if self.cluster is None:
            raise ValueError("namespaces are those of a cluster; set cluster, or take namespaces out")
        check_namespaces(self.namespaces, self.accounts, self.external_registries, has_registry=self.has_registry)
        return self

    @model_validator(mode="after")
    def _way_to_the_cluster(self) -> Self:
        if self.cluster is None or self.cluster.access == "direct":
            return self
        via, known = self.cluster.via, ", ".join(sorted(self.nodes.members))
        if via is not None and via not in self.nodes.members:
            raise ValueError(f"cluster.via is {via!r}, which is no node of this stack; write one of: {known}")
        if via is None and self.registry.node is None and len(self.nodes.members) > 1:
            raise ValueError(f"cluster.via says whose SSH connection leads to the API server; write one of: {known}")
        return self

    @model_validator(mode="after")
    def _upstreams_say_something(self) -> Self:
        for host, upstream in self.nodes.upstreams.items():
            if not (
                upstream.mirrors
                or host in self.registry.caches
                or ((upstream.ca_pem or upstream.ca_file) and upstream.fallback)
            ):
                raise ValueError(
                    f"nodes.upstreams.{host} names no place where its images are had; give it mirrors, a ca_pem of its "
                    "own, or a cache in registry.caches"
                )
        return self

    @property
    def has_registry(self) -> bool:
        """Whether the stack has a registry of its own."""
        return self.registry.kind != "none"

    @property
    def has_certificates(self) -> bool:
        """Whether something of the stack serves TLS: the registry, or a pull-through cache."""
        return self.has_registry or bool(self.registry.caches)

    @property
    def logins_apart(self) -> bool:
        """Whether nodes get their logins after the registry: it takes new ones only by a roll-out of its own."""
        return self.deployment is not None

    @property
    def registry_endpoint(self) -> str:
        """The registry as it stands in image references."""
        return endpoint(self.registry_host, self.registry_port)

    @property
    def deployment(self) -> Deployment | None:
        """The registry's Deployment; None where the registry is something else."""
        if self.registry.kind != "deployment":
            return None
        return self.registry.deployment or Deployment()

    @property
    def registry_node(self) -> str:
        """Name of the node that the registry runs on, or whose address leads to its Deployment; '' without nodes."""
        volume = self.deployment.storage.volume if self.deployment else None
        return self.registry.node or (volume.node if volume else next(iter(self.nodes.members), ""))

    @property
    def cluster_node(self) -> str | None:
        """Name of the node whose SSH connection leads to the API server; None: it is dialled from here."""
        if self.cluster is None or self.cluster.access == "direct":
            return None
        return self.cluster.via or self.registry_node

    @property
    def registry_host(self) -> str:
        """The name or address by which clients reach the registry, without the port."""
        leads_to = self.deployment.exposure.address if self.deployment else None
        return self.registry.host or leads_to or self.nodes.members[self.registry_node].address

    @property
    def registry_port(self) -> int:
        """The port by which clients reach the registry."""
        return self.deployment.exposure.client_port if self.deployment else self.registry.port

    @property
    def cache_host(self) -> str:
        """The name or address of the pull-through caches, which are always containers on the registry's node."""
        return self.nodes.members[self.registry_node].address if self.deployment else self.registry_host

    def registry_address(self, node: str) -> str | None:
        """Where the registry's name leads as the hosts file of `node` has it; None: DNS alone knows."""
        exposure = self.deployment.exposure if self.deployment else None
        if exposure and exposure.address:
            return exposure.address
        if not self.nodes.members or (exposure and exposure.kind != "node-port"):
            return None
        itself = exposure is not None and exposure.each_node_itself
        return self.nodes.members[node if itself else self.registry_node].address
