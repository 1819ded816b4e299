"""Property paths in the engine's syntax: ``spec.containers[0].image``, ``metadata.annotations["a.b/c"]``, ``[*]``."""

import re
from collections.abc import Sequence
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
WILDCARD = "*"

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.\[\]]+)')


def parse_path(text: str) -> Path:
    r"""Split a path into keys, indexes and wildcards.

    >>> parse_path('metadata.annotations["a.b"].x[2][*]')
    ('metadata', 'annotations', 'a.b', 'x', 2, '*')
    """
    steps: list[str | int] = []
    for quoted, index, key in _STEP.findall(text):
        if quoted or (not index and not key):
            steps.append(re.sub(r"\\(.)", r"\1", quoted))
        elif index.isdecimal():
            steps.append(int(index))
        else:
            steps.append(index or key)
    return tuple(steps)


def contains(outer: Sequence[str | int], inner: Sequence[str | int]) -> bool:
    """Tell whether ``inner`` is ``outer`` or below it; a wildcard stands for any one step."""
    return len(outer) <= len(inner) and all(
        wanted in (WILDCARD, step) for wanted, step in zip(outer, inner, strict=False)
    )
