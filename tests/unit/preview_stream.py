"""Streams as the engine prints them, made of a few words."""

import json
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_KIND = "1b47061264138c4ac30d75fd1eb44270"
STACK = "towpath:index:Stack"


def secret(plaintext: str = "") -> dict[str, Any]:
    """A secret value, as a state has it."""
    return {
        SIGNATURE: SECRET_KIND,
        **({"plaintext": json.dumps(plaintext)} if plaintext else {"ciphertext": "[secret]"}),
    }


def urn(kind: str, name: str, *components: str) -> str:
    """A resource's name in stack prod; `components` are the kinds of those that it is in."""
    chain = "$".join([*(f"towpath:index:{each}" for each in components), kind])
    return f"urn:pulumi:prod::towpath::{chain}::{name}"


def step(op: str, where: str, old: dict[str, Any] | None = None, new: dict[str, Any] | None = None) -> dict[str, Any]:
    """A `resourcePreEvent`."""
    states = {"old": old, "new": new}
    return {
        "resourcePreEvent": {
            "metadata": {
                "op": op,
                "urn": where,
                **{key: {"inputs": value, "outputs": value} for key, value in states.items() if value is not None},
                "detailedDiff": None,
            },
            "planning": True,
        }
    }


def node_state(name: str, old: dict[str, Any], new: dict[str, Any], op: str = "update", *within: str) -> dict[str, Any]:
    """A step of a `NodeState`, with what every one has."""
    common = {"machine": name, "connection": secret(), "salt": secret(), "reloads": {}, "containers": {}, "files": {}}
    where = urn("pulumi-python:dynamic/nodes:NodeState", f"{name}-state", *(within or ("Node", "AppliedDocument")))
    return step(op, where, {**common, **old}, {**common, **new})


def diagnostic(severity: str, message: str) -> dict[str, Any]:
    """What somebody said."""
    return {"diagnosticEvent": {"severity": severity, "message": message, "color": "never"}}


def prelude(**config: str) -> dict[str, Any]:
    """The beginning, with configuration of `towpath`."""
    return {"preludeEvent": {"config": {f"towpath:{key}": value for key, value in config.items()}}}


def summary(result: str = "succeeded") -> dict[str, Any]:
    """The end."""
    return {"summaryEvent": {"durationSeconds": 2, "resourceChanges": {}, "PolicyPacks": {}, "result": result}}


def stream(*events: dict[str, Any]) -> str:
    """All of it, as text."""
    return "".join(json.dumps({"sequence": n, "timestamp": 1, **event}) + "\n" for n, event in enumerate(events))
