"""The order in which nodes are changed: batches, each of which waits for the one before."""

from collections.abc import Callable, Collection, Mapping

import pulumi

from components.node import Node
from towpath.machines.batches import batches

MakeNode = Callable[[str, pulumi.ResourceOptions], Node]
"""Makes the node of that name, with these options."""


def roll_out(
    names: Collection[str], unreachable: Collection[str], max_unavailable: int | str, make: MakeNode
) -> Mapping[str, Node]:
    """Make all nodes. A node's command ends only when its runtimes answer, so waiting for it is the health gate.

    Nodes that are known to be `unreachable` come last, after all others, so that their failure stops none of them.
    """
    made: dict[str, Node] = {}
    before: list[Node] = []
    groups = batches([name for name in names if name not in unreachable], max_unavailable)
    for batch in [*groups, [name for name in names if name in unreachable]]:
        options = pulumi.ResourceOptions(depends_on=list(before))
        nodes = {name: make(name, options) for name in batch}
        made |= nodes
        before = list(nodes.values()) or before
    return made
