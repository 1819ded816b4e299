"""`pulumi install`: make the virtual environment and install the project's packages."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.language.errors import InstallError
from engine.language.interpreter import virtualenv_folder


def install_commands(root: Path, options: Mapping[str, object]) -> list[list[str]]:
    """Return the commands to run in `root`, in order; empty if the project lists nothing to install."""
    virtualenv = virtualenv_folder(root, options)
    if options.get("toolchain") == "uv":
        return [["uv", "sync"]]
    python = str(virtualenv / "bin" / "python") if virtualenv else shutil.which("python3") or "python3"
    commands = []
    if virtualenv and not Path(python).is_file():
        commands.append([shutil.which("python3") or "python3", "-m", "venv", str(virtualenv)])
    if (root / "requirements.txt").is_file():
        commands.append([python, "-m", "pip", "install", "-r", "requirements.txt"])
    return commands


def install(root: Path, options: Mapping[str, object]) -> Iterator[bytes]:
    """Run the commands and yield their output; raises InstallError or InterpreterError."""
    for command in install_commands(root, options):
        yield f"+ {' '.join(command)}\n".encode()
        yield from _run(command, root)


def _run(command: list[str], folder: Path) -> Iterator[bytes]:
    try:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        way_out = "install it or correct runtime.options.toolchain"
        raise InstallError(f"{command[0]}: {error.strerror}; {way_out}") from error
    with process:
        yield from process.stdout or ()
    if process.returncode != 0:
        raise InstallError(f"{' '.join(command)}: exit status {process.returncode}")
