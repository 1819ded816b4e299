"""A change never takes all nodes at a time."""

from collections.abc import Iterator

from .rule import NODE_STATE, Limits, Properties, Rule, facts


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find a roll-out whose batch is all nodes. It stands on the first node alone, so that it is said once."""
    rollout = facts(properties, "rollout")
    if rollout and rollout["nodes"] > 1 and rollout["at_a_time"] >= rollout["nodes"]:
        yield "`facts.rollout.at_a_time` is not below `facts.rollout.nodes`: all nodes are one batch"


RULE = Rule(
    name="batch-below-fleet",
    reason="A change reaches nodes in batches: one that breaks a runtime must not break all of them at once.",
    fix="set nodes.rollout.max_unavailable below the number of nodes, e.g. 1 or 25%",
    types=(NODE_STATE,),
    reads=("facts",),
    judge=judge,
    severity="high",
)
