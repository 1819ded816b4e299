"""`local:Command` through the real engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import EngineProject

KIND = "command:local:Command"
SECRET = "battery-staple-0815"

PROGRAM = """
    import json, pathlib, pulumi
    from pulumi_command import local

    given = json.loads(pathlib.Path("arguments.json").read_text())
    for name in given.pop("secret", []):
        given[name] = pulumi.Output.secret(given[name])
    probe = local.Command("probe", **given)
    probe.assets.apply(lambda found: pathlib.Path("assets").write_text(json.dumps(
        {name: str(asset.path) for name, asset in (found or {}).items()})))
    probe.archive.apply(lambda found: pathlib.Path("archive").write_text(json.dumps(
        sorted(found.assets) if found else None)))
    pulumi.export("stdout", probe.stdout)
    pulumi.export("stderr", probe.stderr)
"""


class Probe:
    """A project with one local command."""

    def __init__(self, project: EngineProject) -> None:
        self.project = project
        project.program(PROGRAM)

    def arguments(self, **given: Any) -> None:
        self.project.file("arguments.json", json.dumps(given))

    def up(self, **given: Any) -> dict[str, Any]:
        self.arguments(**given)
        self.project.up()
        return self.project.outputs()

    def fail(self, **given: Any) -> str:
        self.arguments(**given)
        failed = self.project.up(check=False)
        assert failed.exit_code != 0
        return failed.output


@pytest.fixture
def probe(engine_project: EngineProject) -> Probe:
    return Probe(engine_project)


def test_a_resources_life(probe: Probe) -> None:
    folder = probe.project.folder
    commands = {name: f"pwd; echo {name} >> ran" for name in ("create", "update", "delete")}

    assert probe.up(**commands, triggers=["a", {"b": [1]}]) == {"stdout": str(folder), "stderr": ""}
    (first,) = probe.project.resources(KIND)
    assert first["id"].startswith("probe")
    assert len(first["id"]) == len("probe") + 8
    probe.project.preview("--expect-no-changes")
    probe.project.refresh("--expect-no-changes")

    probe.up(**commands, triggers=["a", {"b": [1]}], environment={"NEW": "1"})
    probe.up(**commands, triggers=["a", {"b": [2]}], environment={"NEW": "1"})
    (second,) = probe.project.resources(KIND)
    assert second["id"] != first["id"]
    probe.project.destroy()

    assert (folder / "ran").read_text().split() == ["create", "update", "create", "delete", "delete"]


def test_interpreter_folder_environment_and_stdin_reach_the_command(probe: Probe, tmp_path: Path) -> None:
    outputs = probe.up(
        interpreter=["/bin/bash", "-u", "-c"],
        dir=str(tmp_path),
        environment={"GREETING": "good morning"},
        stdin="line 1\nline 2\n",
        create="pwd; echo $GREETING $0 ${HOME:+home}; cat; printf 'no newline\\n\\n' >&2",
    )
    assert outputs["stdout"] == f"{tmp_path}\ngood morning /bin/bash home\nline 1\nline 2"
    assert outputs["stderr"] == "no newline\n"


def test_previous_output_is_handed_on_to_update_and_delete(probe: Probe) -> None:
    show = 'echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"'
    commands = {"create": "echo one; echo two >&2", "update": show, "delete": f"{show} > deleted"}
    probe.up(**commands)
    assert probe.up(**commands, stdin="1")["stdout"] == "one/two"
    assert probe.up(**commands, stdin="2", add_previous_output_in_env=False)["stdout"] == "/"
    probe.up(**commands, stdin="3")
    probe.project.destroy()
    assert (probe.project.folder / "deleted").read_text() == "///\n"


def test_files_come_back_as_assets_and_archive(probe: Probe) -> None:
    folder = probe.project.folder
    work = folder / "work"
    work.mkdir()
    probe.up(
        dir="work",
        create="mkdir -p src/deep assets; touch src/a.js src/secret.js src/deep/b.js assets/logo.svg other.txt",
        asset_paths=["assets/**", "src/*.js", "!**secret.*"],
        archive_paths=["**.js", "!src/*"],
    )
    assert json.loads((folder / "assets").read_text()) == {
        "assets/logo.svg": "work/assets/logo.svg",
        "src/a.js": "work/src/a.js",
    }
    assert json.loads((folder / "archive").read_text()) == ["src/deep/b.js"]
    probe.project.preview("--expect-no-changes")
    assert probe.fail(create="true", asset_paths=["[open"]).count("'[' is not closed") >= 1


@pytest.mark.parametrize(
    ("logging", "shown"),
    [
        (None, {"out", "err"}),
        ("stdoutAndStderr", {"out", "err"}),
        ("stdout", {"out"}),
        ("stderr", {"err"}),
        ("none", set()),
    ],
)
def test_logging_chooses_what_is_shown_while_the_command_runs(
    probe: Probe, logging: str | None, shown: set[str]
) -> None:
    probe.arguments(create="echo shown-out; echo shown-err >&2", **({"logging": logging} if logging else {}))

    done = probe.project.up()

    updating = done.stdout.split("Outputs:")[0]
    seen = {name for name in ("out", "err") if f"shown-{name}" in updating}
    assert seen == shown
    assert probe.project.outputs() == {"stdout": "shown-out", "stderr": "shown-err"}


def test_failures_name_status_command_and_output_but_no_secret(probe: Probe) -> None:
    failed = probe.fail(create='echo "reason"; cat >&2; exit 3', stdin=SECRET, secret=["stdin"])
    assert 'exit status 3: running "echo \\"reason\\"; cat >&2; exit 3":' in failed
    assert "reason" in failed
    assert SECRET not in failed
    assert "signal: killed: running" in probe.fail(create="kill -9 $$")
    assert "fork/exec /bin/nothing in" in probe.fail(create="true", interpreter=["/bin/nothing"])
    assert "No such file or directory: running" in probe.fail(create="true", dir="/nonexistent")
    long = probe.fail(create="seq 100000; exit 1", logging="none")
    assert "bytes are left out]" in long
    assert "99999" in long
    secret_command = probe.fail(create=f"echo {SECRET} >&2; false", secret=["create"])
    assert SECRET not in secret_command
    assert 'exit status 1: running "[secret]"' in secret_command


def test_a_value_that_becomes_secret_is_encrypted_in_the_outputs_too(probe: Probe) -> None:
    probe.up(create="true", stdin=SECRET)
    assert SECRET in json.dumps(probe.project.export())
    probe.up(create="true", stdin=SECRET, secret=["stdin"])
    assert SECRET not in json.dumps(probe.project.export())


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (
            """"command:local:Command", create=1, dri="/tmp", logging="loud" """,
            [
                "property create value {1} has a problem: must be a string",
                "property dri value {/tmp} has a problem: unknown property; known are addPreviousOutputInEnv, ",
                "must be one of stdout, stderr, stdoutAndStderr, none",
            ],
        ),
        (
            """"command:remote:Command", connection={"host": "h", "hostkey": "x", "proxy": {}}""",
            [
                "connection.hostkey",
                "unknown property; known are agentSocketPath",
                "connection.proxy.host",
                "is required",
            ],
        ),
        (""""command:remote:Command", create="true" """, ["connection", "is required"]),
        (
            f""""command:local:Command", stdin=pulumi.Output.secret(["{SECRET}"])""",
            ["has a problem: stdin: must be a string"],
        ),
    ],
)
def test_inputs_that_are_not_in_the_schema_are_refused_before_anything_runs(
    engine_project: EngineProject, arguments: str, reasons: list[str]
) -> None:
    engine_project.program(f"""
        import pulumi

        class Loose(pulumi.CustomResource):
            def __init__(self, kind, **given):
                super().__init__(kind, "loose", given, pulumi.ResourceOptions(version="1.2.1"))

        Loose({arguments})
    """)

    failed = engine_project.preview(check=False)

    text = " ".join(failed.output.split())
    assert failed.exit_code != 0
    assert [reason for reason in reasons if reason not in text] == []
    assert SECRET not in text


def test_a_custom_timeout_ends_the_command(engine_project: EngineProject) -> None:
    engine_project.program("""
        import pulumi
        from pulumi_command import local

        timeouts = pulumi.CustomTimeouts(create="1s")
        local.Command("probe", create="sleep 300 & sleep 300", opts=pulumi.ResourceOptions(custom_timeouts=timeouts))
    """)
    failed = engine_project.up(check=False)
    assert "the command was stopped after 1 s (customTimeouts)" in failed.output
