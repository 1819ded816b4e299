"""Which Python runs a program."""

from pathlib import Path

import pytest

from engine.dynamic import project_folder, runtime_options
from engine.language.errors import InterpreterError
from engine.language.interpreter import Interpreter, find_interpreter, virtualenv_folder


def _virtualenv(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    return folder


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        ({}, None),
        ({"toolchain": "pip"}, None),
        ({"virtualenv": "venv"}, "/project/venv"),
        ({"toolchain": "pip", "virtualenv": "/opt/venv"}, "/opt/venv"),
        ({"toolchain": "uv"}, "/project/.venv"),
        ({"toolchain": "uv", "virtualenv": "x"}, "/project/x"),
    ],
)
def test_options_name_a_virtual_environment(
    options: dict[str, object], folder: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_PROJECT_ENVIRONMENT", raising=False)

    assert virtualenv_folder(Path("/project"), options) == (Path(folder) if folder else None)


def test_a_toolchain_that_is_not_served_is_refused_with_the_way_out() -> None:
    with pytest.raises(InterpreterError, match=r"runtime\.options\.toolchain: 'poetry' .* use 'pip' or 'uv'"):
        virtualenv_folder(Path("/project"), {"toolchain": "poetry"})


def test_the_virtual_environments_python_is_found(tmp_path: Path) -> None:
    folder = _virtualenv(tmp_path / "venv")

    assert find_interpreter(tmp_path, {"virtualenv": "venv"}) == Interpreter(folder / "bin" / "python", folder)


def test_without_one_it_is_python3_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python3"
    python.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_interpreter(tmp_path, {}) == Interpreter(python, None)


def test_no_python_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InterpreterError, match="python3 is not on PATH"):
        find_interpreter(tmp_path, {})


def test_the_environment_is_that_of_the_activated_virtual_environment() -> None:
    interpreter = Interpreter(Path("/v/bin/python"), Path("/v"))

    assert interpreter.environment({"PATH": "/bin", "PYTHONHOME": "/x", "A": "1"}) == {
        "PATH": "/v/bin:/bin",
        "VIRTUAL_ENV": "/v",
        "A": "1",
    }
    assert Interpreter(Path("/usr/bin/python3"), None).environment({"PATH": "/bin"}) == {"PATH": "/bin"}


def test_the_dynamic_launcher_reads_the_options_from_its_variables() -> None:
    variables = {"PULUMI_RUNTIME_VIRTUALENV": ".venv", "PULUMI_RUNTIME_TOOLCHAIN": "pip", "PATH": "/bin"}

    assert runtime_options(variables) == {"virtualenv": ".venv", "toolchain": "pip"}


def test_the_dynamic_launcher_finds_the_project_above_the_program(tmp_path: Path) -> None:
    program = tmp_path / "project" / "source"
    program.mkdir(parents=True)
    assert project_folder(program) == program

    (tmp_path / "project" / "Pulumi.yaml").touch()

    assert project_folder(program) == tmp_path / "project"
