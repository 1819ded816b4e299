"""What an interpreter's packages say about plugins and dependencies."""

import json
import platform
import sys
from pathlib import Path

import pytest

from engine.language.errors import PackagesError
from engine.language.interpreter import Interpreter
from engine.language.packages import PluginNeed, installed_needs, list_dependencies, plugin_needs, version_of


def _package(virtualenv: Path, name: str, content: object) -> None:
    folder = virtualenv / "lib" / "python3.11" / "site-packages" / name
    folder.mkdir(parents=True)
    (folder / "pulumi-plugin.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_plugins_are_those_of_the_installed_sdk_packages(tmp_path: Path) -> None:
    _package(tmp_path, "pulumi_tls", {"resource": True, "name": "tls", "version": "v5.5.1"})
    _package(tmp_path, "pulumi_random", {"resource": True, "version": "4.21.1", "server": "https://plugins.test"})
    _package(tmp_path, "pulumi_policy", {"resource": False})
    _package(tmp_path, "pulumi_versionless", {"resource": True})
    _package(tmp_path, "pulumi_broken", "{")

    assert plugin_needs(Interpreter(Path("unused"), tmp_path)) == [
        PluginNeed("random", "4.21.1", "https://plugins.test"),
        PluginNeed("tls", "5.5.1", ""),
    ]


def test_of_the_plugins_only_installed_ones_are_named(tmp_path: Path) -> None:
    there, absent = PluginNeed("tls", "5.5.1", ""), PluginNeed("tls", "6.0.0", "")
    (tmp_path / "resource-tls-v5.5.1").mkdir()

    assert installed_needs([there, absent], tmp_path) == [there]


def test_dependencies_are_those_of_the_interpreter_and_direct_ones_are_told_apart() -> None:
    interpreter = Interpreter(Path(sys.executable), None)

    every = {dependency.name: dependency for dependency in list_dependencies(interpreter, transitive=True)}
    direct = {dependency.name for dependency in list_dependencies(interpreter, transitive=False)}

    assert every["grpcio"].version.count(".") == 2
    assert "pytest-xdist" in direct
    assert "grpcio" not in direct
    assert direct < set(every)


def test_an_interpreter_that_cannot_run_is_an_error_that_names_it(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no modules >&2\nexit 1\n")
    broken.chmod(0o755)

    with pytest.raises(PackagesError, match=f"{broken} failed: no modules"):
        list_dependencies(Interpreter(broken, None), transitive=True)
    with pytest.raises(PackagesError, match="did not answer"):
        list_dependencies(Interpreter(tmp_path / "none", None), transitive=True)


@pytest.mark.parametrize(
    ("recorded", "version"),
    [
        ("home = /usr/bin\nversion = 3.11.7\n", "3.11.7"),
        ("implementation = CPython\nversion_info = 3.12.3.final.0\n", "3.12.3"),
        ("uv = 0.9.1\nversion_info = 3.13.1\n", "3.13.1"),
        ("home = /usr/bin\n", platform.python_version()),
        (None, platform.python_version()),
    ],
)
def test_a_virtual_environments_version_is_read_where_it_is_recorded(
    tmp_path: Path, recorded: str | None, version: str
) -> None:
    if recorded is not None:
        (tmp_path / "pyvenv.cfg").write_text(recorded)

    assert version_of(Interpreter(Path(sys.executable), tmp_path)) == version
