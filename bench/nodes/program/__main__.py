"""The nodes of a stack without its registry: what the peers of the benchmark do, by the product's own components."""

from pathlib import Path

import pulumi

from components.configuration import stack_configuration
from components.plugin_start import DYNAMIC, start_plugins

PROJECT = Path.cwd()

start_plugins(["random", DYNAMIC, "command"])

# Imported while the plugins start, as by the product's own program.
import pulumi_random as random  # noqa: E402

from components.machine import Machine  # noqa: E402
from components.node import Node, NodeArgs  # noqa: E402
from components.rollout import roll_out  # noqa: E402
from towpath.machines.connections import connections  # noqa: E402
from towpath.settings import load_settings  # noqa: E402

settings = load_settings(stack_configuration())
reachable = connections(settings.nodes, lambda path: (PROJECT / path).read_text(encoding="utf-8"))
ca_pem = pulumi.Output.from_input((PROJECT / "ca.pem").read_text(encoding="utf-8"))
salt = random.RandomPassword("drift-salt", length=32, special=False).result


def node(name: str, opts: pulumi.ResourceOptions) -> Node:
    """Register one node."""
    return Node(name, NodeArgs(settings, Machine(name, reachable[name]), ca_pem, "node-bench", salt), opts)


nodes = roll_out(list(settings.nodes.members), settings.nodes.rollout.max_unavailable, node)
pulumi.export("nodes", {name: each.status for name, each in nodes.items()})
