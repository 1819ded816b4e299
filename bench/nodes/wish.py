"""What every contender is to make of the nodes, and how they are reached."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.paths import Paths
from lab.topology import NODES, PROXY_ADDRESS, PROXY_OPEN_PORT, UPSTREAM_HOSTS, node_address
from towpath.applier.document import Document
from towpath.machines.connections import connections
from towpath.machines.wishes import node_wish
from towpath.nodes.node import node_document
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

DOCUMENT_ID = "node-bench"
REGISTRY = "registry.example.test"


def configuration(names: Sequence[str], paths: Paths) -> dict[str, Any]:
    """Return a stack's settings for these nodes, all of them changed at once as the peers do."""
    ca_pem = paths.upstream_ca.read_text(encoding="utf-8")
    return {
        "proxy": {"http": f"http://{PROXY_ADDRESS}:{PROXY_OPEN_PORT}", "node_cidrs": [NODES.subnet]},
        "nodes": {
            "ssh": {"private_key_file": str(paths.client_key), "known_hosts_file": str(paths.known_hosts)},
            "setup": {
                "runtimes": ["docker", "containerd"],
                "live_restore": True,
                "insecure_registries": ["insecure.example.test:5000"],
            },
            "upstreams": {
                "docker.io": {"mirrors": [{"url": f"https://{REGISTRY}:6001", "ca_pem": ca_pem}]},
                UPSTREAM_HOSTS[0]: {"ca_pem": ca_pem},
            },
            "rollout": {"max_unavailable": "100%"},
            "members": {name: {"address": node_address(name)} for name in names},
        },
        "registry": {"host": REGISTRY, "node": names[0], "hosts_entry": False},
        "accounts": [{"name": "ci", "role": "push"}],
    }


def settings_of(groups: dict[str, Any]) -> Settings:
    """Check a stack's settings as the program does."""
    return load_settings({f"towpath:{name}": json.dumps(value) for name, value in groups.items()})


def documents(settings: Settings, ca_pem: str) -> dict[str, Document]:
    """Return each node's document."""
    return {
        name: node_document(node_wish(settings, name, ca_pem), document_id=DOCUMENT_ID)
        for name in settings.nodes.members
    }


def connections_of(settings: Settings) -> dict[str, Connection]:
    """Return each node's connection."""
    return connections(settings.nodes, lambda path: Path(path).read_text(encoding="utf-8"))
