"""Towpath, in two ways: a whole stack by the Pulumi engine, and the applier alone."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bench.nodes.fleet import Fleet
from bench.nodes.wish import DOCUMENT_ID, configuration
from towpath.applier.bootstrap import Sudo, delete_command

CHECKOUT = Path(__file__).parents[2]
_COPIED = ("bench", "components", "lab", "towpath")
_STACK = "bench"
_RUN_SECONDS = 600


class TowpathUp:
    """`pulumi up` of a stack with a state of its own, as `make up` runs it: without a preview before it."""

    name = "towpath"

    def __init__(self, folder: Path) -> None:
        """Make the project and the stack in a folder that has the sources; see `copy_sources`."""
        self._folder = folder
        self._environment = _engine_environment(folder / "state")
        (folder / "stacks").mkdir()
        (folder / "__main__.py").symlink_to(folder / "bench" / "nodes" / "program" / "__main__.py")
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8"))
        project["runtime"]["options"]["virtualenv"] = str(CHECKOUT / ".venv")
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
        self._pulumi("stack", "init", _STACK)

    def prepare(self, fleet: Fleet) -> None:
        """Write the stack's settings."""
        path = self._folder / "stacks" / f"Pulumi.{_STACK}.yaml"
        content: dict[str, Any] = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}
        groups = configuration(fleet.names, fleet.paths)
        content["config"] = {f"towpath:{name}": value for name, value in groups.items()}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        (self._folder / "ca.pem").write_bytes(fleet.paths.upstream_ca.read_bytes())

    def first(self) -> None:
        """Bring the stack up."""
        self._pulumi("up", "--yes", "--skip-preview", "--stack", _STACK)

    def unchanged(self) -> None:
        """Bring it up again: nothing differs from the state, so no node is asked."""
        self._pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", _STACK)

    def refreshed(self) -> None:
        """Look at every node before: what others call a run without changes."""
        self._pulumi("up", "--refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", _STACK)

    def undo(self) -> None:
        """Destroy the stack."""
        self._pulumi("destroy", "--yes", "--skip-preview", "--stack", _STACK)

    def version(self) -> str:
        """Return the engine's version."""
        return self._pulumi("version").split()[0]

    def _pulumi(self, *arguments: str) -> str:
        return _run(["pulumi", *arguments, "--non-interactive"], self._folder, self._environment)


class TowpathApplier:
    """The applier over SSH, from a fresh process, without engine, plan and state."""

    name = "applier"

    def __init__(self, folder: Path) -> None:
        """Run in a folder that has the sources."""
        self._folder = folder

    def prepare(self, fleet: Fleet) -> None:
        """Write the settings down."""
        self._fleet = fleet
        self._settings = json.dumps(configuration(fleet.names, fleet.paths))

    def first(self) -> None:
        """Apply every node's document."""
        self._roll_out("changed")

    def unchanged(self) -> None:
        """Apply them again."""
        self._roll_out("unchanged")

    def undo(self) -> None:
        """Delete the documents."""
        self._fleet.each(delete_command(DOCUMENT_ID, Sudo()))

    def _roll_out(self, wanted: str) -> None:
        argv = [sys.executable, "-m", "bench.nodes.roll_out", str(self._fleet.paths.upstream_ca)]
        printed = _run(argv, self._folder, dict(os.environ), self._settings)
        if set(printed.split()) != {wanted}:
            raise RuntimeError(f"the applier should have said {wanted!r} of each node: {printed}")


def copy_sources(folder: Path) -> None:
    """Copy and compile what runs, so that an edit in the checkout is no change of what is being measured."""
    for name in _COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(CHECKOUT / name, folder / name, ignore=ignored)
    compileall.compile_dir(folder, quiet=1)


def _engine_environment(state: Path) -> dict[str, str]:
    """Return an environment in which plain `pulumi` works, with a file backend of the benchmark's own."""
    state.mkdir()
    script = f'eval "$({sys.executable} -m engine env)"; env -0'
    lines = _run(["bash", "-c", script], CHECKOUT, dict(os.environ))
    environment = dict(entry.split("=", 1) for entry in lines.split("\0") if "=" in entry)
    return {**environment, "PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "for the benchmark"}


def _run(argv: list[str], cwd: Path, environment: dict[str, str], stdin: str = "") -> str:
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
