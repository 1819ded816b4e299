"""Somebody who has Towpath as a package only: its wheel in a virtual environment, and the examples beside it."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def settle(folder: Path) -> Path:
    """Put the examples and a `.venv` with the wheel into `folder`; returns the environment's Python.

    Packages that Towpath needs are those of the running interpreter; Towpath itself is in the wheel alone, and the
    checkout is on no path.
    """
    shutil.copytree(CHECKOUT / "examples", folder, ignore=shutil.ignore_patterns(".venv", "node_modules"))
    wheels = folder / "wheels"
    _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(CHECKOUT))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    python = folder / ".venv" / "bin" / "python"
    scheme = {"base": str(folder / ".venv"), "platbase": str(folder / ".venv")}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    _pip("--python", str(python), "install", "--no-deps", "--no-index", *map(str, wheels.glob("towpath-*.whl")))
    return python


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)
