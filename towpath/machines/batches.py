"""Batches of a roll-out."""

import re
from collections.abc import Sequence

_SHARE = re.compile(r"(\d{1,3})%")
_WHOLE = 100


def batch_size(max_unavailable: int | str, nodes: int) -> int:
    """Return how many of `nodes` may be unavailable at a time: a number, or a share of them rounded down, at least 1.

    Raises ValueError for what is neither.
    """
    if isinstance(max_unavailable, int) and not isinstance(max_unavailable, bool) and max_unavailable >= 1:
        return max_unavailable
    match = _SHARE.fullmatch(max_unavailable) if isinstance(max_unavailable, str) else None
    if not match or not 1 <= int(match[1]) <= _WHOLE:
        raise ValueError("is neither a number from 1 on nor a share such as '25%'")
    return max(1, nodes * int(match[1]) // _WHOLE)


def batches(names: Sequence[str], max_unavailable: int | str) -> list[list[str]]:
    """Cut the nodes, in their order, into batches of at most that many."""
    size = batch_size(max_unavailable, len(names))
    return [list(names[start : start + size]) for start in range(0, len(names), size)]
