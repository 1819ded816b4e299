"""Inputs of a resource type as a table, and what is wrong with given ones.

Programs often take numbers and booleans from configuration, where everything is text: text that reads as one is taken
as one, as official plugins of bridged Terraform providers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.plugins.resource import Failure
from engine.plugins.values import Secret, Unknown, Value, has_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plugins.values import Properties

Kind = Literal["string", "integer", "boolean", "strings", "string_map", "object"]

_WORDS: Mapping[Kind, str] = {
    "string": "a string",
    "integer": "an integer",
    "boolean": "true or false",
    "strings": "a list of strings",
    "string_map": "a map of strings",
    "object": "an object",
}


class _WrongType(Exception):  # noqa: N818 - never leaves this module
    """The value is not of the field's kind."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a resource type.

    Attributes:
        kind: its type.
        required: whether it has to be given.
        default: what its output is when it is not given; ``None`` for no output.
        replaces: whether a change of it needs a replacement; otherwise it is taken over in place.
        secret: whether it is a secret whatever the program says.
        minimum: the least integer allowed.
        one_of: the strings allowed, for each item if it is a list; empty for any.
        fields: the inputs inside an object.

    """

    kind: Kind
    required: bool = False
    default: Value = None
    replaces: bool = True
    secret: bool = False
    minimum: int | None = None
    one_of: tuple[str, ...] = ()
    fields: Mapping[str, Field] | None = None


def normalise(fields: Mapping[str, Field], inputs: Properties, prefix: str = "") -> tuple[Properties, list[Failure]]:
    """Return the inputs with every value in its field's type and secret fields marked, and all that is wrong.

    ``None`` counts as not given. Unknown values pass: they are checked when they are known. Internal properties (two
    underscores) are dropped.
    """
    normal: Properties = {}
    failures = [
        Failure(prefix + name, f"there is no such property; there are {', '.join(sorted(fields))}")
        for name in sorted(inputs.keys() - fields.keys())
        if not name.startswith("__")
    ]
    for name, field in fields.items():
        path = prefix + name
        given = inputs.get(name)
        if given is None:
            if field.required:
                failures.append(Failure(path, "this property is required"))
            continue
        normal[name], found = _normal(field, path, given)
        failures += found
    return normal, failures


def with_defaults(fields: Mapping[str, Field], inputs: Properties) -> Properties:
    """Return the inputs with the default of every field that is not given."""
    defaults: Properties = {name: field.default for name, field in fields.items() if field.default is not None}
    return {**defaults, **{name: value for name, value in inputs.items() if value is not None}}


def _normal(field: Field, path: str, given: Value) -> tuple[Value, list[Failure]]:
    if isinstance(given, Secret):
        inner, failures = _normal(field, path, given.value)
        return inner if isinstance(inner, Secret) else Secret(inner), failures
    if field.fields is not None and isinstance(given, dict):
        return normalise(field.fields, given, f"{path}.")
    try:
        value = _coerce(field.kind, given)
    except _WrongType:
        return Secret(given) if field.secret else given, [Failure(path, f"this must be {_WORDS[field.kind]}")]
    return Secret(value) if field.secret else value, _out_of_range(field, path, value)


def _coerce(kind: Kind, given: Value) -> Value:
    if isinstance(given, Unknown):
        return given
    match kind, given:
        case ("string", str()) | ("boolean", bool()):
            return given
        case "string" | "integer" | "boolean", bool() | int() | str():
            return _coerce_scalar(kind, given)
        case "strings", list():
            return [_coerce("string", item) for item in given]
        case "string_map", dict():
            return {key: _coerce("string", item) for key, item in given.items() if item is not None}
    raise _WrongType


def _coerce_scalar(kind: Kind, given: bool | int | str) -> Value:
    if kind == "string":
        return str(given).lower() if isinstance(given, bool) else str(given)
    if kind == "boolean" and given in {"true", "false"}:
        return given == "true"
    if kind == "integer" and not isinstance(given, bool):
        try:
            return int(given)
        except ValueError as error:
            raise _WrongType from error
    raise _WrongType


def _out_of_range(field: Field, path: str, value: Value) -> list[Failure]:
    if has_unknown(value):
        return []
    if field.minimum is not None and isinstance(value, int) and value < field.minimum:
        return [Failure(path, f"this must be at least {field.minimum}, got {value}")]
    items = value if isinstance(value, list) else [value]
    wrong = [str(item) for item in items if item not in field.one_of] if field.one_of else []
    if wrong:
        return [Failure(path, f"{', '.join(map(repr, wrong))}: this must be one of {', '.join(field.one_of)}")]
    return []
