"""What the inputs of each type may be: checked, completed with defaults, marked secret.

Facts are those of the official schema, version 1.2.1: names, types, defaults, which are required, which are secret. A
property that no type knows is refused: a misspelt `hostKey` must not pass in silence.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.plugins.command import connection
from engine.plugins.resource import Checked, Failure
from engine.plugins.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    SIGNATURE_KEY,
    Properties,
    Secret,
    Unknown,
    Value,
    has_secret,
)

LOGGING = ("stdout", "stderr", "stdoutAndStderr", "none")

Kind = Callable[[str, Value], tuple[Value, list[Failure]]]
"""Checks a value, given its path, that is neither absent, secret nor unknown; returns it completed, and what is
wrong."""


def _primitive(accepted: type | tuple[type, ...], name: str) -> Kind:
    def check(path: str, value: Value) -> tuple[Value, list[Failure]]:
        fits = isinstance(value, accepted) and (accepted is bool or not isinstance(value, bool))
        return value, [] if fits else [Failure(path, f"must be {name}")]

    return check


string = _primitive(str, "a string")
boolean = _primitive(bool, "a boolean")
number = _primitive((int, float), "a number")
integer = _primitive(int, "a whole number")


def one_of(choices: tuple[str, ...]) -> Kind:
    """Accept one of a few strings."""

    def check(path: str, value: Value) -> tuple[Value, list[Failure]]:
        return value, [] if value in choices else [Failure(path, f"must be one of {', '.join(choices)}")]

    return check


def anything(path: str, value: Value) -> tuple[Value, list[Failure]]:  # noqa: ARG001
    """Accept any value."""
    return value, []


def list_of(kind: Kind) -> Kind:
    """Accept a list whose items are of one kind."""

    def check(path: str, value: Value) -> tuple[Value, list[Failure]]:
        if not isinstance(value, list):
            return value, [Failure(path, "must be a list")]
        checked = [_check(kind, f"{path}[{index}]", item) for index, item in enumerate(value)]
        return [item for item, _ in checked], [failure for _, failures in checked for failure in failures]

    return check


def map_of(kind: Kind) -> Kind:
    """Accept a map of strings to values of one kind."""

    def check(path: str, value: Value) -> tuple[Value, list[Failure]]:
        if not isinstance(value, dict) or SIGNATURE_KEY in value:
            return value, [Failure(path, "must be a map")]
        checked = {key: _check(kind, f"{path}.{key}", item) for key, item in value.items()}
        return (
            {key: item for key, (item, _) in checked.items()},
            [failure for _, failures in checked.values() for failure in failures],
        )

    return check


def asset_or_archive(path: str, value: Value) -> tuple[Value, list[Failure]]:
    """Accept what `CopyToRemote` can copy: a text, a local file or a local folder."""
    signature = value.get(SIGNATURE_KEY) if isinstance(value, dict) else None
    if not isinstance(value, dict) or signature not in {ASSET_SIGNATURE, ARCHIVE_SIGNATURE}:
        return value, [Failure(path, "must be an asset or an archive")]
    if signature == ARCHIVE_SIGNATURE and not value.get("path"):
        return value, [Failure(path, "an archive must be a path to a file or folder (FileArchive)")]
    if signature == ASSET_SIGNATURE and value.get("uri"):
        return value, [Failure(path, "an asset must be a local file or a text (FileAsset, StringAsset)")]
    return value, []


@dataclass(frozen=True)
class Object:
    """An object with known properties; `path` of the whole inputs is empty."""

    properties: Mapping[str, Kind]
    required: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    defaults: Mapping[str, Value] = field(default_factory=dict)

    def __call__(self, path: str, value: Value) -> tuple[Value, list[Failure]]:
        """Check and complete the object."""
        if not isinstance(value, dict):
            return value, [Failure(path, "must be an object")]
        given = {key: item for key, item in value.items() if item is not None}
        failures = [
            Failure(_join(path, key), f"unknown property; known are {', '.join(sorted(self.properties))}")
            for key in sorted(given.keys() - self.properties.keys())
        ]
        failures += [Failure(_join(path, key), "is required") for key in sorted(self.required - given.keys())]
        completed: dict[str, Value] = {}
        for key, item in {**self.defaults, **given}.items():
            checked, found = _check(self.properties.get(key, anything), _join(path, key), item)
            completed[key] = Secret(checked) if key in self.secret and not isinstance(checked, Secret) else checked
            failures += found
        return completed, failures

    def check(self, inputs: Properties) -> Checked:
        """Check and complete the inputs of a resource."""
        completed, failures = self("", inputs)
        shown = [_without_value(failure, inputs) for failure in failures]
        return Checked(completed if isinstance(completed, dict) else inputs, shown)


def _without_value(failure: Failure, inputs: Properties) -> Failure:
    """Keep a secret out of the message: beside the name of a property the engine prints its value."""
    top_level = re.split(r"[.\[]", failure.property, maxsplit=1)[0]
    if has_secret(inputs.get(top_level)):
        return Failure("", f"{failure.property}: {failure.reason}")
    return failure


def _check(kind: Kind, path: str, value: Value) -> tuple[Value, list[Failure]]:
    if isinstance(value, Secret):
        inner, failures = _check(kind, path, value.value)
        return Secret(inner), failures
    if value is None or isinstance(value, Unknown):
        return value, []
    return kind(path, value)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


_ENDPOINT: dict[str, Kind] = {
    "agentSocketPath": string,
    "dialErrorLimit": integer,
    "host": string,
    "hostKey": string,
    "password": string,
    "perDialTimeout": integer,
    "port": number,
    "privateKey": string,
    "privateKeyPassword": string,
    "user": string,
}
_HOST = frozenset({"host"})
PROXY = Object(_ENDPOINT, required=_HOST, secret=connection.SECRETS, defaults=connection.DEFAULTS)
CONNECTION = Object(
    {**_ENDPOINT, "proxy": PROXY}, required=_HOST, secret=connection.SECRETS, defaults=connection.DEFAULTS
)

_COMMAND: dict[str, Kind] = {
    "addPreviousOutputInEnv": boolean,
    "create": string,
    "delete": string,
    "environment": map_of(string),
    "logging": one_of(LOGGING),
    "stdin": string,
    "triggers": list_of(anything),
    "update": string,
}
LOCAL_COMMAND = Object(
    {
        **_COMMAND,
        "archivePaths": list_of(string),
        "assetPaths": list_of(string),
        "dir": string,
        "interpreter": list_of(string),
    }
)
_CONNECTION = frozenset({"connection"})
REMOTE_COMMAND = Object({**_COMMAND, "connection": CONNECTION}, required=_CONNECTION, secret=_CONNECTION)
COPY_TO_REMOTE = Object(
    {"connection": CONNECTION, "remotePath": string, "source": asset_or_archive, "triggers": list_of(anything)},
    required=frozenset({"connection", "remotePath", "source"}),
    secret=_CONNECTION,
)
