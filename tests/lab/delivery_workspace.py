"""A checkout of a test's own, in which `make` and the scripts of the workflows run as on a CI's runner.

Program, engine and scripts are linked; settings, state, `.towpath` and the mark that everything is installed are its
own, so that neither the real checkout nor its virtual environment is touched.
"""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.lab.lab_access import LabAccess
from tests.lab.stack_workspace import CHECKOUT, Finished, StackWorkspace, engine_environment

_LINKED = ("Makefile", ".ci", "engine", "lab")
_MAKE_SECONDS = 900


class DeliveryWorkspace(StackWorkspace):
    """A project folder of which every file that the workflows need is there."""

    def make(self, target: str, **variables: str) -> Finished:
        """Run `make TARGET NAME=VALUE …`; STACK is this workspace's stack unless given."""
        words = {"STACK": self.stack, **variables}
        return self.run("make", target, *(f"{name}={value}" for name, value in words.items()))

    def run(self, *command: str, **environment: str) -> Finished:
        """Run a program in the checkout; `environment` is added to it."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_MAKE_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout)

    def file(self, stack: str) -> Path:
        """Return where the settings of a stack stand."""
        return self.folder / "stacks" / f"Pulumi.{stack}.yaml"

    def written(self, stack: str) -> dict[str, Any]:
        """Return a stack's file."""
        return yaml.safe_load(self.file(stack).read_text())  # type: ignore[no-any-return]

    def stacks(self) -> set[str]:
        """Return the names of the stacks in the backend."""
        return {line.split()[0].rstrip("*") for line in self.pulumi("stack", "ls").ok().output.splitlines()[1:] if line}


def checkout(lab: LabAccess, folder: Path, stack: str) -> DeliveryWorkspace:
    """Make a checkout with one stack in a backend of its own; the stack has no settings yet."""
    environment = engine_environment(folder.parent / f"{folder.name}-state", lab.env)
    # What a make above this one, such as `make test`, tells those below it.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
        environment.pop(name, None)
    workspace = DeliveryWorkspace(folder, environment, stack)
    folder.mkdir()
    for name in _LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    (folder / "requirements.lock").touch()
    virtual = folder / ".venv"
    virtual.mkdir()
    for path in (CHECKOUT / ".venv").iterdir():
        if not path.name.startswith("."):
            (virtual / path.name).symlink_to(path)
    (virtual / ".installed").touch()
    workspace.create()
    return workspace
