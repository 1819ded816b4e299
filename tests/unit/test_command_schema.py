"""Names, defaults and secrets of the command plugin's types are those of the official schema, version 1.2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.plugins.command import inputs
from engine.plugins.command.differences import REPLACE_ON
from engine.plugins.command.provider import VERSION, CommandPackage
from engine.plugins.resource import ProviderError
from engine.plugins.values import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, Secret

if TYPE_CHECKING:
    from engine.plugins.command.inputs import Object
    from engine.plugins.values import Value

# Facts of the official schema.
COMMON = {"addPreviousOutputInEnv", "create", "delete", "environment", "logging", "stdin", "triggers", "update"}
INPUTS = {
    "command:local:Command": COMMON | {"archivePaths", "assetPaths", "dir", "interpreter"},
    "command:remote:Command": COMMON | {"connection"},
    "command:remote:CopyToRemote": {"connection", "remotePath", "source", "triggers"},
}
REQUIRED = {
    "command:local:Command": set(),
    "command:remote:Command": {"connection"},
    "command:remote:CopyToRemote": {"connection", "remotePath", "source"},
}
ENDPOINT = {
    "agentSocketPath",
    "dialErrorLimit",
    "host",
    "hostKey",
    "password",
    "perDialTimeout",
    "port",
    "privateKey",
    "privateKeyPassword",
    "user",
}
DEFAULTS: dict[str, Value] = {"dialErrorLimit": 10, "perDialTimeout": 15, "port": 22, "user": "root"}
SECRETS = {"password", "privateKey", "privateKeyPassword"}
LOGGING = {"stdout", "stderr", "stdoutAndStderr", "none"}

KNOWN: dict[str, Object] = {
    "command:local:Command": inputs.LOCAL_COMMAND,
    "command:remote:Command": inputs.REMOTE_COMMAND,
    "command:remote:CopyToRemote": inputs.COPY_TO_REMOTE,
}


def problems(known: Object, given: dict[str, Any]) -> dict[str, str]:
    return {failure.property: failure.reason for failure in known.check(given).failures}


@pytest.mark.parametrize("token", INPUTS)
def test_names_of_the_types(token: str) -> None:
    assert set(KNOWN[token].properties) == INPUTS[token]
    assert KNOWN[token].required == REQUIRED[token]
    assert KNOWN[token].defaults == {}
    CommandPackage().resource(f"urn:pulumi:s::p::{token}::name")


def test_facts_of_the_connection() -> None:
    assert set(inputs.CONNECTION.properties) == ENDPOINT | {"proxy"}
    assert set(inputs.PROXY.properties) == ENDPOINT
    assert sorted(REPLACE_ON) == ["triggers"]
    assert set(inputs.LOGGING) == LOGGING
    assert VERSION == "1.2.1"
    for known in (inputs.CONNECTION, inputs.PROXY):
        assert known.required == {"host"}
        assert known.defaults == DEFAULTS
        assert known.secret == SECRETS


def test_other_types_of_the_package_are_a_clear_error() -> None:
    with pytest.raises(ProviderError, match="command:remote:CopyFile is not provided here"):
        CommandPackage().resource("urn:pulumi:s::p::command:remote:CopyFile::name")


def test_defaults_and_secrets_are_filled_in_through_secrets_and_into_the_proxy() -> None:
    given: dict[str, Value] = {
        "connection": {
            "host": "node",
            "privateKey": "key",
            "port": 2222,
            "proxy": {"host": "gate", "password": "word"},
        },
        "create": Secret("true"),
    }
    expected = Secret(
        {
            **DEFAULTS,
            "host": "node",
            "port": 2222,
            "privateKey": Secret("key"),
            "proxy": {**DEFAULTS, "host": "gate", "password": Secret("word")},
        }
    )
    plain = inputs.REMOTE_COMMAND.check(given)
    marked = inputs.REMOTE_COMMAND.check({**given, "connection": Secret(given["connection"])})
    assert plain.inputs == marked.inputs == {"connection": expected, "create": Secret("true")}
    assert plain.failures == marked.failures == []


def test_unknown_values_pass_and_absent_ones_are_left_out() -> None:
    given: dict[str, Value] = {
        "connection": UNKNOWN,
        "create": UNKNOWN,
        "environment": {"A": UNKNOWN},
        "update": None,
        "triggers": [UNKNOWN],
    }
    checked = inputs.REMOTE_COMMAND.check(given)
    assert checked.failures == []
    assert checked.inputs == {
        "connection": Secret(UNKNOWN),
        "create": UNKNOWN,
        "environment": {"A": UNKNOWN},
        "triggers": [UNKNOWN],
    }
    partly = inputs.REMOTE_COMMAND.check({"connection": {"host": UNKNOWN, "privateKey": Secret(UNKNOWN)}})
    assert partly.failures == []


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"create": 1}, "create", "must be a string"),
        ({"addPreviousOutputInEnv": "yes"}, "addPreviousOutputInEnv", "must be a boolean"),
        ({"environment": {"A": 1}}, "environment.A", "must be a string"),
        ({"environment": ["A"]}, "environment", "must be a map"),
        ({"interpreter": "sh"}, "interpreter", "must be a list"),
        ({"interpreter": ["sh", True]}, "interpreter[1]", "must be a string"),
        ({"logging": "all"}, "logging", "must be one of stdout, stderr, stdoutAndStderr, none"),
    ],
)
def test_wrong_kinds_are_named(given: dict[str, Any], path: str, reason: str) -> None:
    assert problems(inputs.LOCAL_COMMAND, given) == {path: reason}


def test_all_findings_come_at_once_and_none_shows_a_secret() -> None:
    found = inputs.REMOTE_COMMAND.check(
        {"connection": Secret({"hostkey": "x", "port": "battery"}), "stdin": Secret(["staple"]), "crate": "x"}
    ).failures
    texts = {f"{failure.property}|{failure.reason}" for failure in found}
    assert {text.split(";")[0] for text in texts} == {
        "|connection.hostkey: unknown property",
        "|connection.host: is required",
        "|connection.port: must be a number",
        "|stdin: must be a string",
        "crate|unknown property",
    }
    assert not any("battery" in text or "staple" in text for text in texts)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({SIGNATURE_KEY: ASSET_SIGNATURE, "path": "a", "hash": "0"}, None),
        ({SIGNATURE_KEY: ASSET_SIGNATURE, "text": "", "hash": "0"}, None),
        ({SIGNATURE_KEY: ARCHIVE_SIGNATURE, "path": "a", "hash": "0"}, None),
        ({SIGNATURE_KEY: ASSET_SIGNATURE, "uri": "https://example.com"}, "local file or a text"),
        ({SIGNATURE_KEY: ARCHIVE_SIGNATURE, "assets": {}}, "path to a file or folder"),
        ("a path", "must be an asset or an archive"),
    ],
)
def test_what_can_be_copied(source: Value, reason: str | None) -> None:
    found = problems(inputs.COPY_TO_REMOTE, {"connection": {"host": "h"}, "remotePath": "/r", "source": source})
    assert set(found) == ({"source"} if reason else set())
    assert (reason or "") in found.get("source", "")
