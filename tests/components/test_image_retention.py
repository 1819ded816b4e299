"""`Images`: deletion in its place, with known inputs, and nothing to do before there is a registry."""

import json
from typing import Any

import pulumi
import pytest

from components.stack import Stack
from towpath.errors import TowpathError
from towpath.images.deletion.survey import Survey
from towpath.settings import Settings, load_settings
from towpath.ssh.connection import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"
RETENTION = {"policies": [{"repositories": "team/*", "keep_last": 3}]}
UP = {
    "registry": {"host": "10.0.0.1:6000", "ca_pem": None},
    "credentials": {"ci": {"username": "ci.1", "password": "hush"}},
}


def settings(**images: Any) -> Settings:
    groups = {
        "nodes": {"members": {"a": {"address": "10.0.0.1"}}},
        "accounts": [{"name": "ci"}],
        "images": {"retention": RETENTION, "collection": {"when": "never"}, **images},
    }
    return load_settings({f"towpath:{name}": json.dumps(group) for name, group in groups.items()})


def made(loaded: Settings) -> pulumi.Output[Any]:
    stack = Stack(loaded, {"a": Connection("10.0.0.1", KEY)})
    assert stack.images.deleted is not None
    watched = stack.images.deleted.protected
    return pulumi.Output.all(stack.images.deleted.deleted, watched.urn if watched else None)


@pulumi.runtime.test
def test_before_the_first_up_there_is_nothing_to_delete(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    monkeypatch.setattr("components.deployed_outputs.deployed_outputs", dict)

    def check(_: Any) -> None:
        (inputs,) = recorder.of_type("images:ImageDeletion").values()
        assert (inputs["deletions"], inputs["untaggings"], inputs["total"]) == ({}, {}, {})
        assert inputs["registry"] == "10.0.0.1:6000"
        assert not recorder.of_type("images:ProtectedTags")

    return made(settings()).apply(check)


@pulumi.runtime.test
def test_a_registry_that_cannot_be_asked_deletes_nothing_and_watches_nothing(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    monkeypatch.setattr("components.deployed_outputs.deployed_outputs", lambda: UP)
    monkeypatch.setattr(Survey, "__init__", lambda *_: None)
    monkeypatch.setattr(Survey, "findings", _unreachable)

    def check(_: Any) -> None:
        (inputs,) = recorder.of_type("images:ImageDeletion").values()
        (watched,) = recorder.of_type("images:ProtectedTags").values()
        assert inputs["deletions"] == {}
        assert (watched["tags"], watched["read"]) == ({}, False)

    return made(settings(watch=True)).apply(check)


@pulumi.runtime.test
def test_or_it_is_an_error_where_the_settings_say_so(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    monkeypatch.setattr("components.deployed_outputs.deployed_outputs", lambda: UP)
    monkeypatch.setattr(Survey, "__init__", lambda *_: None)
    monkeypatch.setattr(Survey, "findings", _unreachable)
    with pytest.raises(TowpathError, match="not there"):
        made(settings(unreadable="fail"))
    return pulumi.Output.from_input(None)


def _unreachable(_: Survey) -> None:
    raise TowpathError("10.0.0.1:6000: not there")
