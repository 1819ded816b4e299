"""Projects for tests of the engine: a program, a stack and a backend of their own, run by the real CLI."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from engine.build import built, pulumi_cli
from engine.environment import environment
from engine.install import install
from engine.layout import CHECKOUT, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SECONDS = 600
_PASSPHRASE = "correct-horse-battery"


@dataclass(frozen=True)
class Finished:
    """A finished `pulumi` command."""

    command: list[str]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for assertions that do not care which."""
        return self.stdout + self.stderr


@dataclass
class EngineProject:
    """A Pulumi project with stack `test` on a file backend.

    Commands fail the test when their exit code is not 0, unless called with `check=False`.
    """

    folder: Path
    backend: Path
    environment: dict[str, str]
    stack: str = "test"
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    def program(self, source: str) -> None:
        """Write `__main__.py`."""
        self.file("__main__.py", source)

    def file(self, name: str, content: str) -> Path:
        """Write a file of the project, dedented."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content))
        return path

    def pulumi(self, *arguments: str, check: bool = True, stdin: str = "") -> Finished:
        """Run `pulumi` with `arguments`."""
        command = ["pulumi", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        finished = Finished(command, done.returncode, done.stdout, done.stderr)
        assert not check or finished.exit_code == 0, f"{' '.join(command)}: {finished.exit_code}\n{finished.output}"
        return finished

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `pulumi` in a process group of its own; it is killed at the test's end if it still runs."""
        process = subprocess.Popen(
            ["pulumi", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def up(self, *arguments: str, check: bool = True) -> Finished:
        """`pulumi up` without its preview."""
        return self.pulumi("up", "--yes", "--skip-preview", *self._quiet(), *arguments, check=check)

    def preview(self, *arguments: str, check: bool = True) -> Finished:
        """`pulumi preview`; `--json`, `--diff` and `--expect-no-changes` are useful arguments."""
        return self.pulumi("preview", *self._quiet(), *arguments, check=check)

    def refresh(self, *arguments: str, check: bool = True) -> Finished:
        """`pulumi refresh` without its preview."""
        return self.pulumi("refresh", "--yes", "--skip-preview", *self._quiet(), *arguments, check=check)

    def destroy(self, *arguments: str, check: bool = True) -> Finished:
        """`pulumi destroy` without its preview."""
        return self.pulumi("destroy", "--yes", "--skip-preview", *self._quiet(), *arguments, check=check)

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a configuration value of the stack; the value travels by standard input."""
        self.pulumi("config", "set", key, "--stack", self.stack, "--secret" if secret else "--plaintext", stdin=value)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs."""
        arguments = ["--show-secrets"] if show_secrets else []
        answer = self.pulumi("stack", "output", "--json", "--stack", self.stack, *arguments)
        outputs: dict[str, Any] = json.loads(answer.stdout)
        return outputs

    def export(self) -> dict[str, Any]:
        """The stack's exported state; secrets are encrypted."""
        state: dict[str, Any] = json.loads(self.pulumi("stack", "export", "--stack", self.stack).stdout)
        return state

    def resources(self, kind: str = "") -> list[dict[str, Any]]:
        """The state's resources, or those of one type."""
        found: list[dict[str, Any]] = self.export()["deployment"].get("resources", [])
        return [resource for resource in found if kind in {"", resource["type"]}]

    def kill_started(self) -> None:
        """Kill what `start` has started and is still running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()

    def _quiet(self) -> list[str]:
        return ["--non-interactive", "--color=never", "--stack", self.stack]


@pytest.fixture(scope="session")
def engine_layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The engine installed for this session: the checkout's code and the shared cache, all else private."""
    folder = tmp_path_factory.mktemp("engine")
    layout = Layout(state=folder / ".towpath", home=folder / "pulumi")
    install(layout)
    return layout


@pytest.fixture(scope="session")
def engine_environment(engine_layout: Layout) -> dict[str, str]:
    """Environment variables in which `pulumi` is the installed engine, without any of the caller's settings for it."""
    choice = install(engine_layout)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return {**inherited, **environment(choice, os.environ.get("PATH", "")), "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE}


@pytest.fixture
def engine_project(tmp_path: Path, engine_environment: dict[str, str]) -> Iterator[EngineProject]:
    """An empty project whose programs run with the checkout's virtual environment; its stack is made."""
    folder, backend = tmp_path / "project", tmp_path / "backend"
    folder.mkdir()
    backend.mkdir()
    variables = {**engine_environment, "PULUMI_BACKEND_URL": f"file://{backend}"}
    project = EngineProject(folder, backend, variables)
    virtualenv = json.dumps(str(CHECKOUT / ".venv"))
    project.file(
        "Pulumi.yaml",
        f"name: probe\nruntime: {{name: python, options: {{toolchain: pip, virtualenv: {virtualenv}}}}}\n",
    )
    project.program("")
    project.pulumi("stack", "init", project.stack)
    yield project
    project.kill_started()


@pytest.fixture
def write_script() -> Callable[[Path, str], Path]:
    """Make an executable shell script with the given body; returns its path."""

    def write(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def bare_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any Pulumi or Go: an own home folder and a PATH of two system folders."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    return folder


@pytest.fixture
def bare_layout(tmp_path: Path, bare_home: Path, write_script: Callable[[Path, str], Path]) -> Layout:
    """A layout that shares nothing but the code; its cache holds a stand-in for the CLI."""
    made = Layout(state=tmp_path / "state", home=tmp_path / "pulumi", cache=tmp_path / "cache")
    write_script(built(pulumi_cli(made), made), "echo v3.259.0")
    return made
