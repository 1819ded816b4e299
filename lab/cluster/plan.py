"""The cluster's address plan: everything that programs, certificates and routes must agree on."""

from lab.topology import NODES, node_address, node_index

CONTROL_PLANE_NAME = "control-plane"
CONTROL_PLANE_ADDRESS = NODES.address(5)
API_PORT = 6443
POD_CIDR = "10.244.0.0/16"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
"""The first address of SERVICE_CIDR: the Service `kubernetes` always has it."""
CLUSTER_DOMAIN = "cluster.local"


def pod_subnet(node: str) -> str:
    """Return the /24 of POD_CIDR from which a node's pods get their addresses."""
    return f"10.244.{node_index(node)}.0/24"


def peer_routes(node: str, nodes: list[str]) -> dict[str, str]:
    """Map the pod subnet of each other node to the address through which this one reaches it."""
    return {pod_subnet(other): node_address(other) for other in nodes if other != node}
