"""Make the engine ready: an official one if it is there, the embedded one otherwise."""

import filecmp
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from engine.build import ensure, pulumi_cli
from engine.layout import Layout
from engine.official import find_official_cli, official_plugin_folders
from engine.project import read_project
from engine.toolchain import check_machine
from engine.wrappers import install_plugins, write_bundled


@dataclass(frozen=True)
class Choice:
    """What `install` chose; kept in a file for `env`.

    `cli_folder` goes first on PATH; `plugins` maps a plugin's name to `official` or `embedded`.
    """

    embedded: bool
    cli_folder: str
    home: str
    plugins: dict[str, str]


def install(layout: Layout, progress: TextIO = sys.stderr) -> Choice:
    """Install everything that is missing; quick when nothing is.

    Raises EngineError (see engine.errors).
    """
    search_path = os.environ.get("PATH", "")
    layout.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    official = find_official_cli(layout, read_project(layout.checkout).required_version, search_path)
    if official:
        cli_folder = official.path.parent
    else:
        check_machine()
        place(ensure(pulumi_cli(layout), layout, progress), layout.bin / "pulumi")
        write_bundled(layout)
        cli_folder = layout.bin
    folders = official_plugin_folders(layout, os.environ.get("PULUMI_HOME"))
    layout.plugins.mkdir(parents=True, exist_ok=True, mode=0o700)
    choice = Choice(official is None, str(cli_folder), str(layout.home), install_plugins(layout, folders))
    _write_choice(layout, choice)
    return choice


def read_choice(layout: Layout) -> Choice | None:
    """Return what the last `install` chose, or None if there was none."""
    try:
        return Choice(**json.loads(layout.choice.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def place(built: Path, target: Path) -> None:
    """Put a built program beside the CLI and its language hosts.

    A hard link (or a copy, on another file system), not a symbolic one: the engine resolves its own path and would
    look for the language host beside the cached file, then warn about the one on PATH.
    """
    if target.is_file() and (target.samefile(built) or filecmp.cmp(target, built)):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{target.name}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    try:
        fresh.hardlink_to(built)
    except OSError:
        shutil.copy2(built, fresh)
    fresh.replace(target)


def _write_choice(layout: Layout, choice: Choice) -> None:
    text = json.dumps(asdict(choice), indent=2) + "\n"
    if layout.choice.is_file() and layout.choice.read_text() == text:
        return
    layout.choice.parent.mkdir(parents=True, exist_ok=True)
    fresh = layout.choice.with_name(f".choice.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(layout.choice)
