"""Which Python runs a program: the one that Pulumi.yaml's runtime options name."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.language.errors import InterpreterError


@dataclass(frozen=True)
class Interpreter:
    """An interpreter and, if it is a virtual environment's, that environment's folder."""

    executable: Path
    virtualenv: Path | None

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` as it is inside the activated virtual environment."""
        variables = dict(base)
        if self.virtualenv:
            folder = str(self.virtualenv / "bin")
            variables["VIRTUAL_ENV"] = str(self.virtualenv)
            variables["PATH"] = os.pathsep.join(filter(None, [folder, variables.get("PATH", "")]))
            variables.pop("PYTHONHOME", None)
        return variables


def virtualenv_folder(root: Path, options: Mapping[str, object]) -> Path | None:
    """Return the virtual environment that the options `toolchain` and `virtualenv` mean, or None for none.

    A relative `virtualenv` starts at `root`, the folder of Pulumi.yaml. Raises InterpreterError for a toolchain whose
    environments are elsewhere.
    """
    toolchain = str(options.get("toolchain") or "pip")
    virtualenv = str(options.get("virtualenv") or "")
    if toolchain == "uv":
        virtualenv = virtualenv or os.environ.get("UV_PROJECT_ENVIRONMENT", "") or ".venv"
    elif toolchain != "pip":
        raise InterpreterError(
            f"Pulumi.yaml: runtime.options.toolchain: {toolchain!r} is not served by the embedded engine; "
            "use 'pip' or 'uv' with 'virtualenv', or the official Pulumi"
        )
    return root / virtualenv if virtualenv else None


def find_interpreter(root: Path, options: Mapping[str, object]) -> Interpreter:
    """Return the interpreter for a program whose Pulumi.yaml is in `root`; raises InterpreterError."""
    virtualenv = virtualenv_folder(root, options)
    if virtualenv is None:
        found = shutil.which("python3") or shutil.which("python")
        if not found:
            raise InterpreterError("python3 is not on PATH: install Python, or set runtime.options.virtualenv")
        return Interpreter(Path(found), None)
    executable = virtualenv / "bin" / "python"
    if not executable.is_file():
        raise InterpreterError(
            f"Pulumi.yaml: runtime.options.virtualenv: there is no Python in {virtualenv}; "
            "make it with `pulumi install`, or correct the option"
        )
    return Interpreter(executable, virtualenv)
