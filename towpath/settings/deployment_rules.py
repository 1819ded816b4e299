"""What a registry in the cluster needs of the other settings."""

from towpath.settings.cluster import Cluster
from towpath.settings.deployment import Deployment
from towpath.settings.nodes import Nodes
from towpath.settings.registry import Registry
from towpath.settings.validators import is_address


def check_deployment(registry: Registry, cluster: Cluster | None, nodes: Nodes) -> None:
    """Raise ValueError for what does not fit together."""
    deployment = registry.deployment or Deployment()
    known = ", ".join(sorted(nodes.members))
    if cluster is None:
        raise ValueError("registry.kind is deployment, but there is no cluster; set cluster.kubeconfig_file")
    if registry.user.startswith("0:"):
        raise ValueError("registry.user is root, as which no pod of the registry runs; write e.g. 10001:10001")
    volume = deployment.storage.volume
    if volume is not None and volume.node not in nodes.members:
        raise ValueError(
            f"registry.deployment.storage.volume.node is {volume.node!r}, which is no node of this stack; "
            f"write one of: {known}"
        )
    _check_name(registry, deployment, nodes, known)


def _check_name(registry: Registry, deployment: Deployment, nodes: Nodes, known: str) -> None:
    exposure = deployment.exposure
    named = registry.host is not None and not is_address(registry.host)
    if exposure.kind == "ingress" and not named:
        raise ValueError("registry.host must be a DNS name for an Ingress, which goes by it; set it")
    if exposure.kind == "load-balancer" and registry.host is None and exposure.address is None:
        raise ValueError(
            "registry.host says by which name clients reach the load balancer; set it, or "
            "registry.deployment.exposure.address where it has a fixed address"
        )
    if exposure.each_node_itself and not named:
        raise ValueError(
            "registry.deployment.exposure.each_node_itself needs a name that leads to another address on every node; "
            "set registry.host to one"
        )
    if not nodes.members and registry.host is None and exposure.address is None:
        raise ValueError("registry.host says by which name clients reach the registry; set it, for there are no nodes")
    by_node = not nodes.members or registry.node or deployment.storage.volume or len(nodes.members) == 1
    if exposure.kind == "node-port" and not (by_node or exposure.address or exposure.each_node_itself):
        raise ValueError(f"registry.node says whose address leads to the registry; write one of: {known}")
