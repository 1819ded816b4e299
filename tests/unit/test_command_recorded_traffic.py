"""The command plugin answers recorded requests as the official plugin (0.11.1) answered them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from engine.plugins.command.provider import CommandPackage
from engine.plugins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from engine.plugins.serve import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

URN = "urn:pulumi:test::command-random::command:local:Command::stdin"
INPUTS = {"create": "head -n 1", "stdin": "the quick brown fox\njumped over\nthe lazy dog"}

# The engine's own limits: no other than that of its pipe.
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", 16 * 1024 * 1024)]

CHECK_CONFIG = {
    "urn": "urn:pulumi:test::command-random::pulumi:providers:command::default_0_11_1",
    "olds": {},
    "news": {"version": "0.11.1"},
}
CONFIGURE = {
    "args": {"version": "0.11.1"},
    "acceptSecrets": True,
    "acceptResources": True,
    "sendsOldInputs": True,
    "sendsOldInputsToDelete": True,
}


@pytest.fixture
def plugin() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    package = CommandPackage()
    server = Server(package)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=OPTIONS) as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    package.close()
    server.stop()


def as_json(message: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(json.dumps(MessageToDict(message)))
    return decoded


def test_the_recorded_life_of_a_local_command(plugin: provider_pb2_grpc.ResourceProviderStub) -> None:
    plugin.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    plugin.CheckConfig(ParseDict(CHECK_CONFIG, provider_pb2.CheckRequest()))
    configured = as_json(plugin.Configure(ParseDict(CONFIGURE, provider_pb2.ConfigureRequest())))
    assert configured["acceptSecrets"]
    assert configured["supportsPreview"]
    assert configured["acceptResources"]

    request = {"urn": URN, "olds": {}, "news": INPUTS, "randomSeed": "tIAUczELPPxy81ica0uJh4BXk/601HYW7lYR/Gjx69I="}
    assert as_json(plugin.Check(ParseDict(request, provider_pb2.CheckRequest()))) == {"inputs": INPUTS}

    created = as_json(plugin.Create(ParseDict({"urn": URN, "properties": INPUTS}, provider_pb2.CreateRequest())))
    assert re.fullmatch(r"stdin[0-9a-f]{8}", created["id"])
    assert created["properties"] == {**INPUTS, "stderr": "", "stdout": "the quick brown fox"}


def test_a_state_that_the_official_plugin_left_goes_on_without_a_diff(
    plugin: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    state = {**INPUTS, "stderr": "", "stdout": "the quick brown fox"}
    request = {"id": "stdin30aceb66", "urn": URN, "olds": state, "news": INPUTS, "oldInputs": INPUTS}

    diff = plugin.Diff(ParseDict(request, provider_pb2.DiffRequest()))
    read = plugin.Read(
        ParseDict(
            {"id": "stdin30aceb66", "urn": URN, "properties": state, "inputs": INPUTS}, provider_pb2.ReadRequest()
        )
    )

    assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert as_json(read) == {"id": "stdin30aceb66", "properties": state, "inputs": INPUTS}


def test_a_failing_create_answers_with_the_command_and_its_output(
    plugin: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    failing = {"urn": URN, "properties": {"create": "echo why; exit 9", "stdin": "battery-staple-0815"}}
    with pytest.raises(grpc.RpcError) as raised:
        plugin.Create(ParseDict(failing, provider_pb2.CreateRequest()))
    assert raised.value.details() == 'exit status 9: running "echo why; exit 9":\nwhy\n'


def test_a_very_long_output_arrives_whole_and_its_end_in_the_error(
    plugin: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    many = {"urn": URN, "properties": {"create": "seq 1000000; seq 1000000 >&2", "logging": "none"}}
    created = plugin.Create(ParseDict(many, provider_pb2.CreateRequest()))
    expected = "\n".join(map(str, range(1, 1000001)))
    assert created.properties["stdout"] == expected
    assert created.properties["stderr"] == expected

    many["properties"]["create"] += "; exit 1"  # type: ignore[index]
    with pytest.raises(grpc.RpcError) as raised:
        plugin.Create(ParseDict(many, provider_pb2.CreateRequest()))
    assert raised.value.details().endswith("999999\n1000000\n")
    assert "bytes are left out]" in raised.value.details()
