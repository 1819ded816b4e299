"""Which resource plugins a program needs, and which Python packages it has: read from the interpreter's packages."""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.language.errors import PackagesError
from engine.language.interpreter import Interpreter

_LIST_FOLDERS = """
import json, sysconfig
print(json.dumps(sorted({sysconfig.get_path(name) for name in ("purelib", "platlib")})))
"""
_LIST_PACKAGES = """
import importlib.metadata, json, re
found, needed = {}, set()
def key(name): return re.sub(r"[-_.]+", "-", name).lower()
for d in importlib.metadata.distributions():
    name = d.metadata["Name"]
    if name:
        found.setdefault(key(name), (name, d.version))
        needed.update(key(re.match(r"[\\w.-]+", r)[0]) for r in d.requires or () if "extra ==" not in r)
print(json.dumps([[n, v, k not in needed] for k, (n, v) in sorted(found.items())]))
"""
_SECONDS = 30
_RECORDED_VERSION = re.compile(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", re.MULTILINE)
"""In pyvenv.cfg: `version` as the standard library's venv writes it, `version_info` as virtualenv and uv do."""


@dataclass(frozen=True)
class PluginNeed:
    """A resource plugin that an installed SDK package uses: its name, version without `v`, and download server."""

    name: str
    version: str
    server: str


@dataclass(frozen=True)
class Dependency:
    """An installed distribution; `direct` if no other one requires it."""

    name: str
    version: str
    direct: bool


def plugin_needs(interpreter: Interpreter) -> list[PluginNeed]:
    """Return what the `pulumi-plugin.json` files of the installed SDK packages say, sorted by name."""
    found: dict[str, PluginNeed] = {}
    for folder in _package_folders(interpreter):
        for file in sorted(folder.glob("*/pulumi-plugin.json")):
            need = _read_need(file)
            if need:
                found.setdefault(need.name, need)
    return [found[name] for name in sorted(found)]


def installed_needs(needs: Iterable[PluginNeed], plugins: Path) -> list[PluginNeed]:
    """Return those of `needs` that are in the folder `plugins`.

    Where the engine may not download, naming an absent plugin would fail every run, used or not; unnamed, only a
    resource that uses it fails, with the plugin's name.
    """
    return [need for need in needs if (plugins / f"resource-{need.name}-v{need.version}").is_dir()]


def version_of(interpreter: Interpreter) -> str:
    """Return an interpreter's version: a virtual environment's from its pyvenv.cfg; else it is asked.

    The engine wants it on each run, and waits for it. Raises PackagesError.
    """
    if interpreter.virtualenv:
        try:
            recorded = _RECORDED_VERSION.search((interpreter.virtualenv / "pyvenv.cfg").read_text())
        except (OSError, ValueError):
            recorded = None
        if recorded:
            return recorded[1]
    return ask(interpreter, "import platform; print(platform.python_version())")


def list_dependencies(interpreter: Interpreter, *, transitive: bool) -> list[Dependency]:
    """List the interpreter's distributions, sorted by name; only direct ones unless `transitive`.

    Raises PackagesError.
    """
    rows = json.loads(ask(interpreter, _LIST_PACKAGES))
    return [Dependency(*row) for row in rows if transitive or row[2]]


def ask(interpreter: Interpreter, script: str) -> str:
    """Return what `script` prints, run isolated from environment and working folder; raises PackagesError."""
    command = [str(interpreter.executable), "-I", "-c", script]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackagesError(f"{interpreter.executable} did not answer: {error}") from error
    if answer.returncode != 0:
        raise PackagesError(f"{interpreter.executable} failed: {answer.stderr.strip()}")
    return answer.stdout.strip()


def _package_folders(interpreter: Interpreter) -> list[Path]:
    if interpreter.virtualenv:
        folders = sorted(interpreter.virtualenv.glob("lib*/python3*/site-packages"))
        return list({folder.resolve(): folder for folder in folders}.values())
    return [Path(folder) for folder in json.loads(ask(interpreter, _LIST_FOLDERS))]


def _read_need(file: Path) -> PluginNeed | None:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    name = content.get("name") or file.parent.name.removeprefix("pulumi_").replace("_", "-")
    version = str(content.get("version") or "").removeprefix("v")
    if not content.get("resource") or not version or content.get("parameterization"):
        return None
    return PluginNeed(name, version, str(content.get("server") or ""))


def plugins_folder() -> Path:
    """Return the running engine's plugins folder."""
    home = os.environ.get("PULUMI_HOME")
    return (Path(home) if home else Path.home() / ".pulumi") / "plugins"
