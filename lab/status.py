"""What of the lab is up, and where it answers."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from lab import container, docker_engine, firewall, owner, ports, upstream
from lab.cluster.cluster import Cluster
from lab.daemon import Daemon
from lab.nodes import Nodes
from lab.paths import Paths
from lab.topology import (
    PROXY_ADDRESS,
    PROXY_NAME,
    PROXY_OPEN_PORT,
    UPSTREAM_ADDRESS,
    UPSTREAM_NAME,
    node_address,
    node_name,
)

SSH_PORT = 22


@dataclass(frozen=True)
class Part:
    """One part of the lab as it is now."""

    name: str
    state: str
    address: str
    up: bool


def parts(paths: Paths, engine: docker_engine.DockerEngine, instance: str) -> list[Part]:
    """Return every part that should be there, in the order of dependence."""
    daemon = Daemon(paths, engine)
    if owner.current(paths) != paths.checkout or not daemon.docker.answers():
        return [Part("dockerd", "down", str(paths.daemon_socket), up=False)]
    closed = firewall.there()
    return [
        Part("dockerd", "up", str(paths.daemon_socket), up=True),
        Part("firewall", "up" if closed else "missing", firewall.TABLE, up=closed),
        _service(daemon, PROXY_NAME, PROXY_ADDRESS, PROXY_OPEN_PORT),
        _service(daemon, UPSTREAM_NAME, UPSTREAM_ADDRESS, upstream.TLS_PORT),
        *_nodes(Nodes(paths, daemon.docker, instance)),
        *_cluster(Cluster(paths, daemon.docker, instance), Nodes(paths, daemon.docker, instance)),
    ]


def table(found: list[Part]) -> Table:
    """Return the parts as a table to print."""
    listing = Table("part", "state", "address")
    for part in found:
        listing.add_row(part.name, f"[{'green' if part.up else 'red'}]{part.state}[/]", part.address)
    return listing


def _service(daemon: Daemon, name: str, address: str, port: int) -> Part:
    state = container.state_of(daemon.docker, name)
    if state == "running" and not ports.accepts(address, port):
        state = "does not answer"
    return Part(name, state, f"{address}:{port}", up=state == "running")


def _nodes(nodes: Nodes) -> Iterator[Part]:
    for name in nodes.wanted(1):
        state = container.state_of(nodes.docker, name)
        if state == "running" and not (nodes.serves(name) and ports.accepts(node_address(name), SSH_PORT)):
            state = "does not serve"
        yield Part(name, state, node_address(name), up=state == "running")
        if name == node_name(1):
            forwarded = nodes.socket_client(name).answers()
            yield Part(
                f"{name}'s Docker", "up" if forwarded else "down", str(nodes.paths.node_socket(name)), up=forwarded
            )


def _cluster(cluster: Cluster, nodes: Nodes) -> Iterator[Part]:
    if cluster.kubeconfig.exists():
        for name, state in cluster.status(nodes.existing()).items():
            yield Part(f"Kubernetes: {name}", state, cluster.site.server, up=state == "Ready")
