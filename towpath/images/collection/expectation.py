"""How long users will feel a collection, in words for whoever reads a preview. No I/O."""

from collections.abc import Mapping
from typing import Any

RESTART_SECONDS = 1.0
"""What one start of the container took at most on a machine of two cores."""
ROLLOUT_SECONDS = 3.0
"""The same of one roll-out of a pod that has to end before the next one begins."""


def expectation(
    last: Mapping[str, Any], grace_hours: float, *, interrupts: bool = True, restart_seconds: float = RESTART_SECONDS
) -> str:
    """Return a sentence. `last`: the report of the last collection, or nothing.

    `interrupts`: whether the registry goes away while it starts anew. `restart_seconds`: how long one start takes,
    where no collection has told yet.
    """
    when = (
        f"in the first `up` {grace_hours:g} h after a deletion" if grace_hours else "after a deletion, in the same `up`"
    )
    if not interrupts:
        for_long = (
            f"{float(last['read_only_seconds']):.1f} s, as in the last one" if last.get("touched") else "the sweep"
        )
        return f"{when}: no pull is interrupted, pods are replaced one by one; pushes are refused for {for_long}"
    if last.get("touched"):
        down, refused = float(last["down_seconds"]), float(last["read_only_seconds"])
        felt = f"pulls fail for {down:.1f} s in all, in two restarts; pushes are refused for {refused:.1f} s"
        return f"{when}: {felt}, as in the last one"
    felt = f"pulls fail for about {2 * restart_seconds:.0f} s in all, in two restarts; pushes are refused for the sweep"
    return f"{when}: {felt}"
