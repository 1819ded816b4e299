"""`remote:Command` through the real engine against a real sshd: a resource's whole life."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.command_sshd import Sshd, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import EngineProject

KIND = "command:remote:Command"

PROGRAM = """
    import json, pathlib, pulumi
    from pulumi_command import remote

    def read(name):
        return json.loads(pathlib.Path(name).read_text())

    given = read("arguments.json")
    if "stdin" in given:
        given["stdin"] = pulumi.Output.secret(given["stdin"])
    probe = remote.Command("probe", connection=read("connection.json"), **given)
    probe.stdout.apply(lambda text: pathlib.Path("seen").write_text(text))
    pulumi.export("stdout", probe.stdout)
    pulumi.export("login", probe.connection.apply(lambda found: f"{found.user}@{found.host}"))
    pulumi.export("stderr", probe.stderr)
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    yield from serve(tmp_path / "sshd")


class Probe:
    """A project with one remote command, whose arguments are set from the test."""

    def __init__(self, project: EngineProject, sshd: Sshd) -> None:
        self.project = project
        self.log = sshd.folder / "ran"
        project.program(PROGRAM)
        project.file("connection.json", json.dumps(sshd.connection()))

    def arguments(self, **given: Any) -> None:
        self.project.file("arguments.json", json.dumps(given))

    def connection(self, settings: dict[str, Any]) -> None:
        self.project.file("connection.json", json.dumps(settings))

    @property
    def resource(self) -> dict[str, Any]:
        (found,) = self.project.resources(KIND)
        return found

    @property
    def ran(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def probe(engine_project: EngineProject, sshd: Sshd) -> Probe:
    return Probe(engine_project, sshd)


def test_create_update_replace_refresh_and_destroy(probe: Probe) -> None:
    note = f"tee -a {probe.log}"
    commands = {
        "create": f"echo created | {note}",
        "update": f"echo updated | {note}",
        "delete": f"echo deleted | {note}",
    }

    probe.arguments(**commands, triggers=[1])
    preview = probe.project.preview("--json")
    assert [step["op"] for step in json.loads(preview.stdout)["steps"]] == ["create", "create"]
    assert probe.ran == []

    probe.project.up()
    assert probe.ran == ["created"]
    assert probe.project.outputs() == {"stdout": "created", "stderr": "", "login": "[secret]"}
    assert probe.project.outputs(show_secrets=True)["login"] == "root@127.0.0.1"
    first = probe.resource["id"]
    assert first.startswith("probe")
    assert len(first) == len("probe") + 8
    int(first.removeprefix("probe"), 16)

    probe.project.preview("--expect-no-changes")
    probe.project.refresh("--expect-no-changes")
    assert probe.ran == ["created"]

    probe.arguments(**commands, triggers=[1], stdin="new input")
    probe.project.up()
    assert probe.ran == ["created", "updated"]
    assert probe.resource["id"] == first
    assert probe.project.outputs()["stdout"] == "updated"

    probe.arguments(**commands, triggers=[2], stdin="new input")
    probe.project.up()
    assert probe.ran == ["created", "updated", "created", "deleted"]
    assert probe.resource["id"] != first

    probe.project.destroy()
    assert probe.ran == ["created", "updated", "created", "deleted", "deleted"]
    assert probe.project.resources(KIND) == []


def test_outputs_are_unknown_in_previews_that_would_run_a_command(probe: Probe) -> None:
    seen = probe.project.folder / "seen"
    probe.arguments(create="echo one")
    probe.project.preview()
    assert not seen.exists()
    probe.project.up()
    assert seen.read_text() == "one"

    seen.unlink()
    probe.arguments(create="echo two")
    (step,) = [
        step for step in json.loads(probe.project.preview("--json").stdout)["steps"] if step["urn"].endswith("::probe")
    ]

    assert (step["op"], step["diffReasons"]) == ("update", ["create"])
    assert not seen.exists()


def test_defaults_are_filled_into_the_connection(probe: Probe) -> None:
    settings = probe.project.folder / "connection.json"
    settings.write_text(
        json.dumps({k: v for k, v in json.loads(settings.read_text()).items() if k != "dialErrorLimit"})
    )
    probe.arguments(create="true")
    probe.project.up()

    exported = json.loads(probe.project.pulumi("stack", "export", "--show-secrets", "--stack", "test").stdout)[
        "deployment"
    ]["resources"]

    (found,) = [resource for resource in exported if resource["type"] == KIND]
    for properties in (found["inputs"], found["outputs"]):
        connection = json.loads(properties["connection"]["plaintext"])
        assert connection["dialErrorLimit"] == 10
        assert connection["perDialTimeout"] == 15
        assert connection["user"] == "root"


def test_update_runs_create_where_update_is_not_set(probe: Probe) -> None:
    probe.arguments(create=f"echo created | tee -a {probe.log}")
    probe.project.up()
    probe.arguments(create=f"echo created | tee -a {probe.log}", stdin="changed")
    probe.project.up()
    assert probe.ran == ["created", "created"]


def test_without_create_and_update_nothing_runs_and_outputs_stay(probe: Probe) -> None:
    probe.arguments(delete="true")
    probe.project.up()
    assert (probe.project.outputs()["stdout"], probe.project.outputs()["stderr"]) == ("", "")
    probe.arguments(create="echo said", delete="true")
    probe.project.up()
    probe.arguments(delete="true", stdin="changed")
    probe.project.up()
    assert probe.project.outputs()["stdout"] == "said"


def test_the_previous_output_is_handed_on_unless_not_wanted(probe: Probe) -> None:
    show = "echo previous=$PULUMI_COMMAND_STDOUT"
    probe.arguments(create="echo first", update=show)
    probe.project.up()
    probe.arguments(create="echo first", update=show, stdin="1")
    probe.project.up()
    assert probe.project.outputs()["stdout"] == "previous=first"
    probe.arguments(create="echo first", update=show, stdin="2", add_previous_output_in_env=False)
    probe.project.up()
    assert probe.project.outputs()["stdout"] == "previous="


def test_a_refused_previous_output_is_a_warning_and_a_refused_variable_an_error(probe: Probe) -> None:
    probe.arguments(create="echo out; echo err >&2")
    probe.project.up()
    probe.arguments(create="echo again $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR", stdin="1")
    done = probe.project.up()
    assert "could not set environment variable 'PULUMI_COMMAND_STDERR'" in done.output
    assert probe.project.outputs()["stdout"] == "again out"

    probe.arguments(create="echo $ACCEPTED_NAME", environment={"ACCEPTED_NAME": "a value"})
    probe.project.up()
    assert probe.project.outputs()["stdout"] == "a value"

    probe.arguments(create="echo $OTHER_NAME", environment={"OTHER_NAME": "a value"})
    failed = probe.project.up(check=False)
    assert failed.exit_code != 0
    assert "could not set environment variable 'OTHER_NAME'" in failed.output
    assert "AcceptEnv" in failed.output
