"""A plugin served in this process, called as the engine calls it, and answers compared by form.

Recorded traffic of official plugins cannot be compared value by value: what they made is random. `form` keeps of a
string what the contract says about it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import json_format

from engine.plugins.proto import provider_pb2, provider_pb2_grpc
from engine.plugins.serve import Server
from engine.plugins.values import UNKNOWN, decode, encode

if TYPE_CHECKING:
    from engine.plugins.package import Package

FIXTURES = Path(__file__).parent / "fixtures"

_FORMS = {
    "pem": re.compile(r"-----BEGIN (?P<form>[A-Z ]+)-----.*-----END [A-Z ]+-----(?P<end>\n?)", re.DOTALL),
    "bcrypt": re.compile(r"(?P<form>\$2[ab]\$\d\d\$)[./A-Za-z0-9]{53}"),
    "md5": re.compile(r"([0-9a-f]{2}:){15}[0-9a-f]{2}"),
    "sha256": re.compile(r"SHA256:[A-Za-z0-9+/]{43}"),
    "ssh": re.compile(r"(?P<form>ssh-[a-z0-9]+|ecdsa-sha2-[a-z0-9]+) [A-Za-z0-9+/=]+(?P<end>\n?)"),
    "decimal": re.compile(r"[0-9]+"),
    "hex": re.compile(r"([0-9a-f]{2})+"),
}


class Plugin:
    """A served package; every method is one of the service's, with plain values."""

    def __init__(self, package: Package) -> None:
        self._server = Server(package)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._server.port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """Stop serving."""
        self._channel.close()
        self._server.stop()

    def raw(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call a method with a request in JSON form; returns the response in JSON form."""
        kind = {"CheckConfig": "Check", "DiffConfig": "Diff"}.get(method, method)
        message = json_format.ParseDict(request, getattr(provider_pb2, f"{kind}Request")())
        answer: dict[str, Any] = json_format.MessageToDict(getattr(self._stub, method)(message))
        return answer

    def check(self, token: str, inputs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the checked inputs and the failures by property."""
        answer = self._stub.Check(provider_pb2.CheckRequest(urn=urn(token), news=encode(inputs)))
        return decode(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def create(self, token: str, inputs: dict[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        """Return id and outputs."""
        answer = self._stub.Create(
            provider_pb2.CreateRequest(urn=urn(token), properties=encode(inputs), preview=preview)
        )
        return answer.id, decode(answer.properties)

    def diff(self, token: str, state: dict[str, Any], inputs: dict[str, Any]) -> provider_pb2.DiffResponse:
        """Compare a state with new inputs."""
        request = provider_pb2.DiffRequest(urn=urn(token), id="x", olds=encode(state), news=encode(inputs))
        answer: provider_pb2.DiffResponse = self._stub.Diff(request)
        return answer

    def read(
        self, token: str, identity: str, state: dict[str, Any] | None = None, inputs: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, outputs and inputs."""
        answer = self._stub.Read(
            provider_pb2.ReadRequest(
                urn=urn(token), id=identity, properties=encode(state or {}), inputs=encode(inputs or {})
            )
        )
        return answer.id, decode(answer.properties), decode(answer.inputs)


def urn(token: str) -> str:
    """Return the URN of a resource of this type."""
    return f"urn:pulumi:test::probe::{token}::it"


def contract(name: str) -> dict[str, Any]:
    """Return what the official plugin's schema says about the types in use."""
    facts: dict[str, Any] = json.loads((FIXTURES / f"{name}_contract.json").read_text())
    return facts


def recorded(name: str) -> list[dict[str, Any]]:
    """Return recorded calls of the official plugin: method, request, response."""
    return [json.loads(line) for line in (FIXTURES / f"{name}_recorded.jsonl").read_text().splitlines()]


def form(value: Any, given: set[str]) -> Any:
    """Return the value with each string replaced by what it is, unless the caller gave it."""
    if isinstance(value, dict):
        return {key: item if key == "__meta" else form(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [form(item, given) for item in value]
    if not isinstance(value, str) or value in given:
        return value
    for name, pattern in _FORMS.items():
        found = pattern.fullmatch(value)
        if found:
            groups = found.groupdict()
            length = len(value) if name == "hex" else 0
            return [name, groups.get("form", ""), groups.get("end", ""), length]
    return ["text", len(value)]


def strings(value: Any) -> set[str]:
    """Return every string in a value."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in strings(item)}
    if isinstance(value, list):
        return {text for item in value for text in strings(item)}
    return {value} if isinstance(value, str) else set()


def has_type(value: Any, expected: Any) -> bool:
    """Tell whether a plain value is of a type as the contract files write it."""
    if isinstance(expected, list):
        return isinstance(value, list) and all(has_type(item, expected[0]) for item in value)
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(
            has_type(item, expected.get(key, expected.get("*"))) for key, item in value.items()
        )
    kinds = {"string": str, "boolean": bool, "integer": int}
    return type(value) is kinds.get(expected) or value is UNKNOWN
