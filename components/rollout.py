"""The order in which nodes are changed: batches, each of which waits for the one before."""

from collections.abc import Callable, Sequence

import pulumi

from components.node import Node
from components.surroundings import OWN_PROGRAM, Surroundings
from towpath.machines.batches import batches

MakeNode = Callable[[str, pulumi.ResourceOptions], Node]
"""Makes the node of that name, with these options."""


def roll_out(
    names: Sequence[str],
    max_unavailable: int | str,
    make: MakeNode,
    after: Sequence[pulumi.Resource] = (),
    surroundings: Surroundings = OWN_PROGRAM,
) -> dict[str, Node]:
    """Make the nodes in batches, the first of which waits for `after`.

    A node's command ends only when its runtimes answer, so waiting for it is the health gate.
    """
    made: dict[str, Node] = {}
    before = list(after)
    for batch in batches(names, max_unavailable):
        options = surroundings.options(*before)
        nodes = {name: make(name, options) for name in batch}
        made |= nodes
        before = list(nodes.values())
    return made
