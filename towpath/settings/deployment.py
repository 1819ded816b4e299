"""The registry as a Deployment in the cluster: what the container has not."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from towpath.settings.deployment_storage import DeploymentStorage
from towpath.settings.types import Host, HostAndPort, Labels, Line, Network, Port, Quantity, ResourceName, Section

_PORTS = {"node-port": 30500, "load-balancer": 443, "ingress": 443}


class Redis(Section):
    """A cache of blob sizes that all replicas share. Needs release 3 of the registry."""

    address: HostAndPort = Field(description="host:port")
    username: Line | None = Field(None, description="of Redis's own access list")
    password: SecretStr | None = Field(None, description="secret")
    database: int = Field(0, ge=0, description="number of the database")
    tls_ca_pem: str | None = Field(None, description="speak TLS, and trust this CA; left out: without TLS")


class Exposure(Section):
    """How nodes and people reach it; they do not use the cluster's DNS. TLS ends in the registry's own pods."""

    kind: Literal["node-port", "load-balancer", "ingress"] = Field(
        "node-port", description="node-port: a fixed port of every node; load-balancer; ingress: by an Ingress's host"
    )
    port: Port | None = Field(
        None, description="that clients use; default: 30500 for node-port (the node port itself), else 443"
    )
    address: Host | None = Field(
        None,
        description="where registry.host leads, for hosts entries: the load balancer's or the Ingress controller's "
        "address; node-port: default is the address of registry.node",
    )
    each_node_itself: bool = Field(
        False,
        description="node-port: every node's hosts entry leads to itself, so that no node needs another; all of "
        "nodes.members must be nodes of the cluster",
    )
    service_annotations: dict[str, Line] = Field(default_factory=dict, description="of the Service")
    load_balancer_class: Line | None = Field(None, description="load-balancer: which controller makes it")
    ingress_class: Line | None = Field(None, description="ingress: default: the cluster's default class")
    ingress_tls: Literal["passthrough", "terminate"] = Field(
        "passthrough",
        description="passthrough: the controller hands TLS on by its host name; terminate: it presents the registry's "
        "certificate, and speaks TLS to the pods again",
    )
    ingress_annotations: dict[str, Line] = Field(
        default_factory=dict, description="beside or instead of those for ingress-nginx that are set by ingress_tls"
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        alien = {
            "load_balancer_class": self.load_balancer_class is not None and self.kind != "load-balancer",
            "ingress_class": self.ingress_class is not None and self.kind != "ingress",
            "ingress_annotations": bool(self.ingress_annotations) and self.kind != "ingress",
            "each_node_itself": self.each_node_itself and self.kind != "node-port",
        }
        if wrong := [name for name, is_alien in alien.items() if is_alien]:
            raise ValueError(f"{', '.join(wrong)} has no meaning with kind: {self.kind}; take it out, or change kind")
        if self.each_node_itself and self.address is not None:
            raise ValueError("has both address and each_node_itself; keep one")
        return self

    @property
    def client_port(self) -> int:
        """The port that clients use."""
        return self.port or _PORTS[self.kind]


class Toleration(Section):
    """A taint that the pods bear (Kubernetes core/v1 Toleration)."""

    key: Line | None = Field(None, description="of the taint; left out with operator Exists: every taint")
    operator: Literal["Exists", "Equal"] = Field("Equal", description="how value is compared")
    value: Line | None = Field(None, description="of the taint")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(None, description="left out: every")
    seconds: int | None = Field(None, ge=0, description="NoExecute: how long it is borne")


class Resources(Section):
    """What a pod asks for and may take; '' leaves one out."""

    cpu_request: Quantity = Field("100m", description="processor time")
    memory_request: Quantity = Field("128Mi", description="memory")
    cpu_limit: Quantity = Field("", description="no limit by default: a limit throttles pulls")
    memory_limit: Quantity = Field("1Gi", description="above it, a pod is ended")


class NetworkPolicy(Section):
    """Who may connect to the pods. Only a CNI that knows NetworkPolicy enforces it."""

    from_cidrs: tuple[Network, ...] = Field(
        (), description="clients' networks; empty: everybody, to the registry's port alone"
    )


class Drain(Section):
    """How a pod ends, so that no pull is cut."""

    wait_seconds: int = Field(
        5, ge=0, le=300, description="a pod goes on serving while it is taken out of the Service; needs Kubernetes 1.30"
    )
    timeout_seconds: int = Field(60, ge=1, le=3600, description="then running requests may take so long")


class Deployment(Section):
    """A Deployment with all that belongs to it."""

    name: ResourceName = Field("registry", description="of the Deployment, the Service and so on")
    namespace: ResourceName = Field("registry", description="where all of it is")
    create_namespace: bool = Field(True, description="make the namespace; false: it is there")
    replicas: int = Field(1, ge=1, le=100, description="above 1 needs s3, or a volume that several nodes can mount")
    storage: DeploymentStorage = Field(default_factory=DeploymentStorage, description="where images are kept")
    redis: Redis | None = Field(None, description="left out: with several replicas no blob sizes are cached")
    exposure: Exposure = Field(default_factory=Exposure, description="how it is reached")
    resources: Resources = Field(default_factory=Resources, description="of a pod")
    node_selector: Labels = Field(default_factory=dict, description="labels of the nodes it may run on")
    tolerations: tuple[Toleration, ...] = Field((), description="taints it bears")
    image_pull_policy: Literal["IfNotPresent", "Always", "Never"] = Field(
        "IfNotPresent", description="Never: the image of registry.image was brought to the nodes otherwise"
    )
    image_pull_secrets: tuple[ResourceName, ...] = Field((), description="Secrets of the namespace, for that image")
    service_account: ResourceName | None = Field(None, description="that is there, e.g. with a cloud role for s3")
    priority_class: ResourceName | None = Field(None, description="that is there")
    disruption_budget: bool = Field(True, description="with several replicas: a drain takes one at a time")
    network_policy: NetworkPolicy | None = Field(None, description="left out: none is made")
    drain: Drain = Field(default_factory=Drain, description="how a pod ends")
    ready_seconds: int = Field(300, ge=10, le=3600, description="how long an `up` waits for the pods")

    @model_validator(mode="after")
    def _replicas_share(self) -> Self:
        if self.replicas > 1 and not self.storage.shared:
            raise ValueError(
                f"replicas is {self.replicas}, but its storage is for one node; set storage.s3, a claim with "
                "access_mode ReadWriteMany, or existing_claim_shared, or replicas: 1"
            )
        return self
