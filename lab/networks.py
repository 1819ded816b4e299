"""The lab's two Docker networks, both without a way out."""

from lab import firewall
from lab.docker_client import Docker
from lab.topology import NODES, UPSTREAM


def ensure(docker: Docker) -> None:
    """Make the networks and close them. Raises CommandError, for example if an address range is taken."""
    firewall.ensure()
    for network in (NODES, UPSTREAM):
        if docker.inspect("network", network.name) is None:
            docker(
                *("network", "create", "--internal", "--subnet", network.subnet, "--gateway", network.gateway),
                *("--opt", f"com.docker.network.bridge.name={network.bridge}", network.name),
            )
        firewall.forward(network)


def remove(docker: Docker) -> None:
    """Remove the networks that are there."""
    for network in (NODES, UPSTREAM):
        if docker.inspect("network", network.name) is not None:
            docker("network", "rm", network.name)
