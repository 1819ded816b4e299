"""The command around the checks: what it asks Pulumi for, what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.doctor_stack import KEY
from towpath.cli import doctor
from towpath.cli.app import app
from towpath.doctor import pulumi
from towpath.doctor.examination import UnknownNodeError, chosen_nodes
from towpath.doctor.finding import HERE, Finding, Row, State, fail, ok, warn
from towpath.doctor.subject import Subject
from towpath.errors import SettingsError
from towpath.settings import load_settings

CHECKOUT = Path(__file__).parents[2]
NODES = {"ssh": {"password": "ssh-pass"}, "members": {"a": {"address": "127.0.0.1", "host_key": KEY}}}
ACCOUNTS = [{"name": "ci", "password": "ci-pass"}]
CONFIGURATION = {
    "towpath:nodes": {"value": json.dumps(NODES), "objectValue": NODES, "secret": True},
    "towpath:accounts": {"value": json.dumps(ACCOUNTS), "objectValue": ACCOUNTS, "secret": True},
    "other:key": {"value": "plain", "secret": False},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder below which we stand, and a stand-in for the CLI that notes how it was called."""
    folder = tmp_path / "project"
    (folder / "below").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: x\n")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (tmp_path / "config.json").write_text(json.dumps(CONFIGURATION))
    (tmp_path / "stack.json").write_text("{}")
    program = bin_folder / "pulumi"
    program.write_text(f'#!/bin/sh\necho "$PWD $*" >>{tmp_path}/calls\nexec cat {tmp_path}/$1.json\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    monkeypatch.chdir(folder / "below")
    return folder


def test_the_project_is_found_from_below(project: Path) -> None:
    assert pulumi.project_folder(Path.cwd()) == project
    with pytest.raises(pulumi.PulumiError, match=r"no Pulumi\.yaml"):
        pulumi.project_folder(project.parent)


def test_the_configuration_is_read_as_a_program_gets_it(project: Path) -> None:
    raw = pulumi.raw_configuration(project, "dev")
    assert raw["other:key"] == "plain"
    assert load_settings(raw).registry_node == "a"
    assert (project.parent / "calls").read_text() == (
        f"{project} config --json --show-secrets --non-interactive --stack dev\n"
    )


@pytest.mark.parametrize("printed", ["", "[]", "no JSON: ci-pass"])
def test_what_is_no_json_is_an_error_without_a_value(project: Path, printed: str) -> None:
    (project.parent / "stack.json").write_text(printed)
    with pytest.raises(pulumi.PulumiError, match="printed no JSON object") as caught:
        pulumi.outputs(project, "dev")
    assert "ci-pass" not in str(caught.value)


def test_a_cli_that_fails_or_is_missing_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = project.parent / "bin" / "pulumi"
    program.write_text("#!/bin/sh\necho 'no stack named dev' >&2\nexit 6\n")
    with pytest.raises(pulumi.PulumiError, match="stack dev: `pulumi config` failed: no stack named dev"):
        pulumi.raw_configuration(project, "dev")
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(pulumi.PulumiError, match="not on PATH"):
        pulumi.raw_configuration(project, "dev")


def test_what_cannot_be_run_ends_with_2_and_one_line(project: Path) -> None:
    ended = CliRunner().invoke(app, ["doctor", "-s", "dev", "--node", "z"])
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr == "towpath: z: no node of dev; it has a\n"


def test_settings_that_do_not_hold_end_with_2(project: Path) -> None:
    (project.parent / "config.json").write_text(json.dumps({"towpath:nodes": {"value": "{}"}}))
    ended = CliRunner().invoke(app, ["doctor", "-s", "dev"])
    assert ended.exit_code == 2
    assert "nodes.members: no node is named" in ended.stderr


def test_a_node_that_cannot_be_reached_is_a_line_and_ends_with_1(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = {**NODES, "ssh": {"password": "ssh-pass", "port": 1}}
    configuration = {**CONFIGURATION, "towpath:nodes": {"value": json.dumps(nodes)}}
    (project.parent / "config.json").write_text(json.dumps(configuration))
    ended = CliRunner().invoke(app, ["doctor", "-s", "dev", "--json"])
    assert ended.exit_code == 1, ended.stderr
    told = json.loads(ended.stdout)
    assert told["counts"] == {"ok": 0, "warn": 1, "fail": 1, "skipped": 0}
    assert [each["check"] for each in told["checks"]] == ["stack", "ssh"]
    assert "port 1" in told["checks"][1]["found"]
    assert "ssh-pass" not in ended.output


ROWS = [
    Row(HERE, ok("registry", "answers")),
    Row("a", warn("clock", "7 s [b]ahead[/b]", "keep time")),
    Row("b", fail("files", "x: missing", "pulumi up")),
]


@pytest.mark.parametrize(("rows", "code"), [(ROWS[:1], 0), (ROWS[:2], 0), (ROWS, 1), ([], 0)])
def test_warnings_do_not_fail(rows: list[Row], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_examine", lambda *_: rows)
    assert CliRunner().invoke(app, ["doctor", "-s", "dev"]).exit_code == code
    assert CliRunner().invoke(app, ["doctor", "-s", "dev", "--json"]).exit_code == code


def test_the_table_has_a_line_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_examine", lambda *_: ROWS)
    lines = CliRunner().invoke(app, ["doctor", "-s", "dev"]).stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["Node", "here", "a", "b"]
    assert "7 s [b]ahead[/b]" in lines[2]
    assert lines[3].split() == ["b", "files", "fail", "x:", "missing", "pulumi", "up"]
    assert lines[4] == "1 ok, 1 warn, 1 fail, 0 skipped"


def test_every_state_has_a_colour() -> None:
    assert set(doctor._STYLES) == set(State)
    assert Finding("c", State.OK, "f").way_out == ""


def test_nodes_are_chosen_in_the_settings_order() -> None:
    members = {name: {"address": f"{name}.example", "host_key": KEY} for name in ("n1", "n2", "n3")}
    raw = {"towpath:nodes": json.dumps({"members": members}), "towpath:accounts": json.dumps([{"name": "ci"}])}
    raw["towpath:registry"] = json.dumps({"node": "n1"})
    subject = Subject("org/project/dev", load_settings(raw))
    assert chosen_nodes(subject, []) == ["n1", "n2", "n3"]
    assert chosen_nodes(subject, ["n3", "n1"]) == ["n1", "n3"]
    with pytest.raises(UnknownNodeError):
        chosen_nodes(subject, ["n4"])
    assert subject.node_document("a") == "node-a-dev"
    with pytest.raises(SettingsError):
        load_settings({"towpath:nodes": "{}"})


def test_other_commands_do_not_wait_for_the_ssh_library() -> None:
    script = "import sys, towpath.cli.app; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=False).returncode == 0
