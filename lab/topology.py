"""The lab's address plan: a closed network of nodes, a network of the outside, and one proxy in both."""

from dataclasses import dataclass

MAX_NODES = 200
FIRST_NODE_HOST = 11


@dataclass(frozen=True)
class Network:
    """One network: its name in the lab's dockerd, its bridge on this machine, its addresses."""

    name: str
    bridge: str
    prefix: str
    """The first three octets of the network's /24."""

    @property
    def subnet(self) -> str:
        """The whole network in CIDR form."""
        return f"{self.prefix}.0/24"

    def address(self, host: int) -> str:
        """Return the address of the host with this last octet."""
        return f"{self.prefix}.{host}"

    @property
    def gateway(self) -> str:
        """The machine's own address in the network; it forwards nothing."""
        return self.address(1)


NODES = Network(name="towpath-nodes", bridge="tpnodes0", prefix="10.89.0")
UPSTREAM = Network(name="towpath-upstream", bridge="tpupstream0", prefix="10.89.1")

PROXY_NAME = "squid"
PROXY_ADDRESS = NODES.address(2)
PROXY_UPSTREAM_ADDRESS = UPSTREAM.address(2)
PROXY_OPEN_PORT = 3128
PROXY_AUTHENTICATED_PORT = 3129

UPSTREAM_NAME = "upstream"
UPSTREAM_ADDRESS = UPSTREAM.address(10)
UPSTREAM_HOSTS = ("upstream.towpath.test", "upstream2.towpath.test")


def node_name(index: int) -> str:
    """Return the name of the node with this index, counted from 1."""
    return f"node-{index}"


def node_index(name: str) -> int:
    """Return the index in a node's name."""
    return int(name.removeprefix("node-"))


def node_address(name: str) -> str:
    """Return the address of a node in the closed network: node-1 is .11, node-2 .12 and so on."""
    return NODES.address(FIRST_NODE_HOST - 1 + node_index(name))
