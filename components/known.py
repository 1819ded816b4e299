"""Plain values of inputs: settings decide which resources there are, so they must be known while a program runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.output import Unknown

from towpath.errors import SettingsError

_WAY_OUT = (
    "settings decide which resources there are, so no value of them may come from a resource that the same `up` makes; "
    "write it down, take it from the configuration or a file, or make that resource first (pulumi up --target)"
)


def known(value: Any, place: str) -> Any:  # noqa: ANN401 any JSON value
    """Return `value` without outputs in it: what was secret is plain text now, for components to mark again.

    Whole numbers, which arrive as floats, are integers. Raises SettingsError naming `place`, e.g. `nodes.members`,
    for what is not known, or not yet.
    """
    if isinstance(value, pulumi.Output):
        return known(_value_of(value, place), place)
    if isinstance(value, Unknown):
        raise SettingsError([f"{place}: is not known yet; {_WAY_OUT}"])
    if isinstance(value, Mapping):
        return {key: known(each, f"{place}.{key}") for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [known(each, f"{place}[{number}]") for number, each in enumerate(value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _value_of(output: pulumi.Output[Any], place: str) -> Any:  # noqa: ANN401 as above
    """Look into an output that the engine sent with its value; such a one answers without an event loop."""
    if not _at_once(output.is_known(), place):
        raise SettingsError([f"{place}: is not known yet; {_WAY_OUT}"])
    return _at_once(output.future(with_unknowns=True), place)


def _at_once(answer: Any, place: str) -> Any:  # noqa: ANN401 as above
    try:
        answer.send(None)
    except StopIteration as end:
        return end.value
    answer.close()
    raise SettingsError([f"{place}: is an output of this program; give the plain value, {_WAY_OUT}"])
