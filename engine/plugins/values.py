"""Property values as plain Python, and their form on the wire.

A value is ``None``, ``bool``, ``int``, ``float``, ``str``, a list or a dict of values, or one of two markers:
``Secret`` around a value, and ``UNKNOWN`` for what a preview cannot know yet. Assets, archives and resource references
stay the dicts they are on the wire, recognised by their ``SIGNATURE_KEY`` entry.

The wire format is ``google.protobuf.Struct`` with magic strings: ``sdk/go/common/resource/plugin/rpc.go`` and
``resource/sig`` of the engine. Numbers are doubles there: whole ones become ``int`` here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a magic number of the wire format
ASSET_SIGNATURE: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"

_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_STRINGS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # of a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # of a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # of an array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # of an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # of an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # of an object
    }
)


class Unknown:
    """The type of ``UNKNOWN``."""

    def __repr__(self) -> str:
        """Name the marker as code does."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that the engine encrypts in the state and masks on the console."""

    value: "Value"

    def __repr__(self) -> str:
        """Mask the value: representations end in logs."""
        return "Secret(***)"


Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | Secret | Unknown | None"
Properties: TypeAlias = dict[str, Value]


def decode(struct: struct_pb2.Struct) -> Properties:
    """Turn the properties of a request into plain values."""
    return {key: _decode_value(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Turn plain values into the properties of a response."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _encode_into(struct.fields[key], value)
    return struct


def reveal(value: Value) -> Any:  # noqa: ANN401 - what is inside is the caller's to check
    """Return the value without any ``Secret`` around or within it."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def has_unknown(value: Value) -> bool:
    """Tell whether the value is, or holds at any depth, ``UNKNOWN``."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)


def has_secret(value: Value) -> bool:
    """Tell whether the value is, or holds at any depth, a ``Secret``."""
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def _decode_value(value: struct_pb2.Value) -> Value:
    decoded: Value = None
    match value.WhichOneof("kind"):
        case "string_value":
            decoded = UNKNOWN if value.string_value in _UNKNOWN_STRINGS else value.string_value
        case "bool_value":
            decoded = value.bool_value
        case "number_value":
            number = value.number_value
            decoded = int(number) if number.is_integer() else number
        case "list_value":
            decoded = [_decode_value(item) for item in value.list_value.values]
        case "struct_value":
            properties = decode(value.struct_value)
            marked = properties.get(SIGNATURE_KEY) == SECRET_SIGNATURE
            decoded = Secret(properties.get("value")) if marked else properties
    return decoded


def _encode_into(target: struct_pb2.Value, value: Value) -> None:
    match value:
        case Secret():
            _encode_into(target, {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value})
        case list():
            target.list_value.SetInParent()
            for item in value:
                _encode_into(target.list_value.values.add(), item)
        case dict():
            target.struct_value.SetInParent()
            for key, item in value.items():
                _encode_into(target.struct_value.fields[key], item)
        case _:
            _encode_leaf_into(target, value)


def _encode_leaf_into(target: struct_pb2.Value, value: bool | float | str | Unknown | None) -> None:
    match value:
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case Unknown():
            target.string_value = _UNKNOWN_STRING
