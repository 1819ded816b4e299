"""Which command runs when, what a preview knows, and what counts as a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.plugins.changes import Kind
from engine.plugins.command.inputs import LOCAL_COMMAND, Object
from engine.plugins.command.lifecycle import CommandResource, redactor
from engine.plugins.command.runtime import Runtime
from engine.plugins.resource import Call, Prior
from engine.plugins.values import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, Secret

if TYPE_CHECKING:
    from engine.plugins.values import Properties


class Recorder(CommandResource):
    """Notes what it is asked to run."""

    token = "command:local:Command"
    known: Object = LOCAL_COMMAND  # type: ignore[misc]

    def __init__(self) -> None:
        super().__init__(Runtime())
        self.ran: list[tuple[str, Any]] = []

    def run(self, call: Call, command: str, values: Properties, previous: Properties) -> Properties:
        self.ran.append((command, previous["stdout"]))
        return {"stdout": f"output of {command}", "stderr": ""}


class Silence:
    def write(self, severity: str, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        pass


def call(*, preview: bool = False) -> Call:
    return Call(urn="urn:pulumi:s::p::command:local:Command::name", name="name", engine_log=Silence(), preview=preview)


def prior(**state: Any) -> Prior:
    return Prior("name0", {"stdout": "before", "stderr": "", **state}, {})


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"create": "c"}, ["c"]),
        ({"create": "c", "update": "u"}, ["u"]),
        ({"update": "u"}, ["u"]),
        ({"create": Secret("c")}, ["c"]),
        ({"delete": "d"}, []),
        ({"create": ""}, [""]),
    ],
)
def test_update_runs_update_else_create(inputs: Properties, expected: list[str]) -> None:
    recorder = Recorder()
    state = recorder.update(call(), prior(), inputs)
    assert recorder.ran == [(command, "before") for command in expected]
    assert state == {**inputs, "stdout": f"output of {expected[0]}" if expected else "before", "stderr": ""}


def test_create_and_delete_run_their_own_command_or_none() -> None:
    recorder = Recorder()
    assert recorder.create(call(), {"delete": "d"}).state == {"delete": "d", "stdout": "", "stderr": ""}
    recorder.create(call(), {"create": "c"})
    recorder.delete(call(), prior(create="c"))
    recorder.delete(call(), prior(delete="d"))
    assert recorder.ran == [("c", ""), ("d", "before")]


def test_a_preview_runs_nothing_and_knows_no_output_that_may_change() -> None:
    recorder = Recorder()
    created = recorder.create(call(preview=True), {"create": "c", "stdin": UNKNOWN})
    assert (created.id, created.state) == (
        "",
        {"create": "c", "stdin": UNKNOWN, "stdout": UNKNOWN, "stderr": UNKNOWN},
    )
    updated = recorder.update(call(preview=True), prior(assets={}), {"create": "c"})
    assert updated == {"create": "c", "stdout": UNKNOWN, "stderr": UNKNOWN, "assets": UNKNOWN}
    assert recorder.update(call(preview=True), prior(), {"delete": "d"})["stdout"] == "before"
    assert recorder.ran == []


def asset(kind: str, digest: str, path: str) -> dict[str, Any]:
    return {SIGNATURE_KEY: kind, "hash": digest, "path": path}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"create": "a"}, {"create": "a"}, {}),
        ({"create": "a"}, {"create": "b"}, {"create": (Kind.UPDATE, False)}),
        ({"create": "a"}, {"create": UNKNOWN}, {"create": (Kind.UPDATE, False)}),
        ({}, {"stdin": "a"}, {"stdin": (Kind.ADD, False)}),
        ({"environment": {"A": "1"}}, {"environment": {}}, {"environment.A": (Kind.DELETE, False)}),
        ({"triggers": [1]}, {"triggers": [2]}, {"triggers[0]": (Kind.UPDATE, True)}),
        ({}, {"triggers": [2]}, {"triggers": (Kind.ADD, True)}),
        ({"stdin": "a"}, {"stdin": Secret("a")}, {"stdin": (Kind.UPDATE, False)}),
        ({"stdin": Secret("a")}, {"stdin": "a"}, {}),
        ({"stdin": Secret("a")}, {"stdin": Secret("a")}, {}),
        (
            {"triggers": [asset(ASSET_SIGNATURE, "1", "/a")]},
            {"triggers": [asset(ASSET_SIGNATURE, "1", "/b")]},
            {},
        ),
        (
            {"triggers": [asset(ASSET_SIGNATURE, "1", "/a")]},
            {"triggers": [asset(ARCHIVE_SIGNATURE, "1", "/a")]},
            {"triggers[0]": (Kind.UPDATE, True)},
        ),
    ],
)
def test_what_counts_as_a_change(old: Properties, new: Properties, changes: dict[str, tuple[Kind, bool]]) -> None:
    found = Recorder().diff(call(), prior(**old), new).changes
    assert {path: (change.kind, change.replaces) for path, change in found.items()} == changes


def test_what_is_masked() -> None:
    redact = redactor(
        {
            "connection": Secret({"host": "node-17.example", "privateKey": "-----key-----"}),
            "create": Secret("login --password='hunter2-long' short"),
            "environment": {"A": Secret("from environment"), "B": "not secret"},
            "stdin": "typed in",
            "triggers": Secret([{"deep": "deep secret"}]),
        },
        {"stdout": Secret("said before"), "stderr": "plain"},
        ["-----key-----"],
    )
    text = (
        "node-17.example -----key----- hunter2-long short from environment/not secret/typed in/deep secret/said before"
    )
    assert redact(text) == "node-17.example [secret] [secret] short [secret]/not secret/[secret]/[secret]/[secret]"
