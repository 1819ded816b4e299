"""A live object cut to the shape of the inputs it was made from, to be compared with new inputs.

A server adds many fields, and leaves out some that say nothing (``readOnly: false``, ``labels: {}``). Which ones it
leaves out shows in the object it answered to the inputs: what was missing there then is no change now.
"""

from itertools import zip_longest
from typing import Any

from engine.plugins.kubernetes.gvk import KubeObject


def prune(live: KubeObject, shape: KubeObject) -> KubeObject:
    """Return the part of ``live`` whose keys are in ``shape``; lists are cut to the length of the shape's."""
    return {key: _prune_value(value, shape[key]) for key, value in live.items() if key in shape}


def prune_to_inputs(live: KubeObject, inputs: KubeObject, answered: KubeObject | None = None) -> KubeObject:
    """Prune ``live`` to ``inputs``, with those empty values of them that the server never kept.

    Args:
        live: the object now.
        inputs: what it was made from.
        answered: the object as the server answered those inputs; ``live`` itself if it is that answer.

    """
    return _with_unkept(prune(live, inputs), inputs, live, live if answered is None else answered)


def is_empty(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a value is one that Go's `omitempty` leaves out, or a map of nothing else."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return value is False or (value in (0, "", []) and not isinstance(value, bool))


def _prune_value(live: Any, shape: Any) -> Any:  # noqa: ANN401
    if isinstance(live, dict) and isinstance(shape, dict):
        return prune(live, shape)
    if isinstance(live, list) and isinstance(shape, list):
        return [_prune_value(item, wanted) for item, wanted in zip(live, shape, strict=False)]
    return live


def _with_unkept(pruned: KubeObject, inputs: KubeObject, live: KubeObject, answered: KubeObject) -> KubeObject:
    result = dict(pruned)
    for key, value in inputs.items():
        if key not in live and key not in answered and is_empty(value):
            result[key] = value
        elif key in pruned:
            result[key] = _value_with_unkept(pruned[key], value, live[key], answered.get(key))
    return result


def _value_with_unkept(pruned: Any, wanted: Any, live: Any, answered: Any) -> Any:  # noqa: ANN401
    if all(isinstance(item, dict) for item in (pruned, wanted, live, answered)):
        return _with_unkept(pruned, wanted, live, answered)
    if all(isinstance(item, list) for item in (pruned, wanted, live, answered)):
        rows = zip_longest(pruned, wanted[: len(pruned)], live[: len(pruned)], answered[: len(pruned)])
        return [_value_with_unkept(*row) for row in rows]
    return pruned
