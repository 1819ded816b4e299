"""A Pulumi project of a benchmark's own: a copy of the product's sources, a program, a stack with its own state."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[1]
_COPIED = ("bench", "components", "lab", "towpath")
_STACK = "bench"
_RUN_SECONDS = 600


class PulumiProject:
    """`pulumi up` as `make up` runs it, without a preview before it."""

    def __init__(self, folder: Path, program: str) -> None:
        """Make the project and the stack in a folder that has the sources; `program` is a path in it."""
        self.folder = folder
        self.environment = _engine_environment(folder / "state")
        (folder / "stacks").mkdir()
        (folder / "__main__.py").symlink_to(folder / program)
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8"))
        project["runtime"]["options"]["virtualenv"] = str(CHECKOUT / ".venv")
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
        self._pulumi("stack", "init", _STACK)

    def configure(self, groups: Mapping[str, Any]) -> None:
        """Write the stack's settings, by group; what the engine wrote beside them stays."""
        path = self.folder / "stacks" / f"Pulumi.{_STACK}.yaml"
        content: dict[str, Any] = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}
        content["config"] = {f"towpath:{name}": value for name, value in groups.items()}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def up(self, *arguments: str) -> None:
        """Bring the stack up."""
        self._pulumi("up", "--yes", "--skip-preview", "--stack", _STACK, *arguments)

    def destroy(self) -> None:
        """Destroy it."""
        self._pulumi("destroy", "--yes", "--skip-preview", "--stack", _STACK)

    def preview(self, *arguments: str) -> None:
        """Preview it."""
        self._pulumi("preview", "--stack", _STACK, *arguments)

    def refresh(self) -> None:
        """Compare the state with what there is."""
        self._pulumi("refresh", "--yes", "--skip-preview", "--stack", _STACK)

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources of the state as it is stored, secrets encrypted."""
        exported = json.loads(self._pulumi("stack", "export", "--stack", _STACK))
        found: list[dict[str, Any]] = exported["deployment"].get("resources") or []
        return found

    def state_bytes(self) -> int:
        """Return the size of the state as it is stored."""
        [path] = (self.folder / "state").glob(f".pulumi/stacks/*/{_STACK}.json")
        return path.stat().st_size

    def version(self) -> str:
        """Return the engine's version."""
        return self._pulumi("version").split()[0]

    def command(self, *arguments: str) -> list[str]:
        """Return the command line for a verb, for who runs it in another way."""
        return ["pulumi", *arguments, "--stack", _STACK, "--non-interactive"]

    def _pulumi(self, *arguments: str) -> str:
        return run(["pulumi", *arguments, "--non-interactive"], self.folder, self.environment)


def copy_sources(folder: Path) -> None:
    """Copy and compile what runs, so that an edit in the checkout is no change of what is being measured."""
    for name in _COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(CHECKOUT / name, folder / name, ignore=ignored)
    compileall.compile_dir(folder, quiet=1)


def run(argv: list[str], cwd: Path, environment: Mapping[str, str], stdin: str = "") -> str:
    """Run a program to its end and return what it printed. Raises RuntimeError with that if it fails."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[:3])} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def _engine_environment(state: Path) -> dict[str, str]:
    """Return an environment in which plain `pulumi` works, with a file backend of the benchmark's own."""
    state.mkdir()
    script = f'eval "$({sys.executable} -m engine env)"; env -0'
    lines = run(["bash", "-c", script], CHECKOUT, dict(os.environ))
    environment = dict(entry.split("=", 1) for entry in lines.split("\0") if "=" in entry)
    return {**environment, "PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "for the benchmark"}
