"""What the language host tells a program, a pack and the engine."""

import json
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2, language_pb2

from engine.language.dependencies import install_commands
from engine.language.interpreter import Interpreter
from engine.language.plugin import plugin_command
from engine.language.policy import stack_variables
from engine.language.program import outcome, settings_line

_PYTHON = Interpreter(Path("/v/bin/python"), Path("/v"))


def test_a_programs_settings_are_one_line_whatever_the_configuration_holds() -> None:
    request = language_pb2.RunRequest(
        project="towpath",
        stack="lab",
        monitor_address="127.0.0.1:1",
        dryRun=True,
        parallel=3,
        config={"towpath:key": "two\nlines and \u2028"},
        configSecretKeys=["towpath:key"],
        args=["a"],
        info=language_pb2.ProgramInfo(root_directory="/p", program_directory="/p/src"),
    )

    line = settings_line(request, "127.0.0.1:2")

    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "project": "towpath",
        "stack": "lab",
        "organization": "organization",
        "root_directory": "/p",
        "program_directory": "/p/src",
        "entry_point": ".",
        "arguments": ["a"],
        "monitor_address": "127.0.0.1:1",
        "engine_address": "127.0.0.1:2",
        "parallel": 3,
        "dry_run": True,
        "config": {"towpath:key": "two\nlines and \u2028"},
        "config_secret_keys": ["towpath:key"],
    }


@pytest.mark.parametrize(
    ("status", "error", "bail"),
    [
        (0, "", False),
        (32, "", True),
        (130, "", True),
        (-2, "", True),
        (1, "Program exited with non-zero exit code: 1", False),
        (-9, "Program was killed by signal 9", False),
    ],
)
def test_an_exit_status_becomes_the_engines_answer(status: int, error: str, *, bail: bool) -> None:
    assert outcome(status) == (error, bail)


def test_a_pack_gets_the_stack_in_the_sdks_variables() -> None:
    request = analyzer_pb2.AnalyzerStackConfigureRequest(
        project="towpath", stack="lab", dry_run=True, config={"towpath:a": "1"}, config_secret_keys=["towpath:a"]
    )

    assert stack_variables(request) == {
        "PULUMI_PROJECT": "towpath",
        "PULUMI_STACK": "lab",
        "PULUMI_ORGANIZATION": "organization",
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": '{"towpath:a": "1"}',
        "PULUMI_CONFIG_SECRET_KEYS": '["towpath:a"]',
    }


def test_a_plugin_is_its_main_file_or_the_package_that_its_project_names(tmp_path: Path) -> None:
    python = ["/v/bin/python", "-u"]
    assert plugin_command(_PYTHON, tmp_path, ["x"]) == [*python, "-m", "pulumi.run.plugin", tmp_path.name, "x"]

    (tmp_path / "pyproject.toml").write_text('[project]\nname = "my-greeter"\n')
    assert plugin_command(_PYTHON, tmp_path, ["x"]) == [*python, "-m", "pulumi.run.plugin", "my-greeter", "x"]

    (tmp_path / "__main__.py").touch()
    assert plugin_command(_PYTHON, tmp_path, ["x"]) == [*python, str(tmp_path), "x"]


def test_pulumi_install_makes_the_virtual_environment_and_installs_what_is_listed(tmp_path: Path) -> None:
    options: dict[str, object] = {"virtualenv": "venv"}
    python = str(tmp_path / "venv" / "bin" / "python")
    (making,) = install_commands(tmp_path, options)
    assert making[1:] == ["-m", "venv", str(tmp_path / "venv")]

    (tmp_path / "requirements.txt").touch()
    assert install_commands(tmp_path, options)[1] == [python, "-m", "pip", "install", "-r", "requirements.txt"]
    assert install_commands(tmp_path, {"toolchain": "uv"}) == [["uv", "sync"]]
