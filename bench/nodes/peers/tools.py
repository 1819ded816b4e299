"""The peers' programs in a virtual environment of their own, kept in the user's cache."""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

_LOCK = Path(__file__).parents[2] / "requirements.lock"
_CACHE = Path.home() / ".cache" / "towpath"
_RUN_SECONDS = 600
_DIGITS = 12


@dataclass(frozen=True)
class Tools:
    """The folder of the environment."""

    folder: Path

    def run(self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> str:
        """Run a program of the environment in a folder; return what it printed. Raises RuntimeError with that."""
        done = subprocess.run(
            [str(self.folder / "bin" / argv[0]), *argv[1:]],
            cwd=cwd,
            env={
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(cwd),
                "LC_ALL": "C.UTF-8",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{argv[0]} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def versions(self, *names: str) -> dict[str, str]:
        """Return the versions of installed packages."""
        [packages] = (self.folder / "lib").glob("python3.*/site-packages")
        return {each.name: each.version for each in distributions(path=[str(packages)]) if each.name in names}


def ensure_tools() -> Tools:
    """Install the peers as bench/requirements.lock pins them, unless the cache has them."""
    content = _LOCK.read_bytes() + platform.python_version().encode()
    folder = _CACHE / f"bench-{hashlib.sha256(content).hexdigest()[:_DIGITS]}"
    done = folder / ".installed"
    if not done.exists():
        sys.stderr.write("installing ansible-core and pyinfra\n")
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(_LOCK)], check=True, stdout=sys.stderr)
        done.touch()
    return Tools(folder)
