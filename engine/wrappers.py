"""Executables for the engine: small shell scripts that start one of our modules."""

import os
import shlex
import tempfile
from pathlib import Path

from engine.catalog import EMBEDDED_PLUGINS, EmbeddedPlugin
from engine.layout import Layout

_MARK = "# Made by `python -m engine install`; an official plugin in its place is kept."


def is_embedded(executable: Path) -> bool:
    """Say whether the file is one of our scripts (false if there is none)."""
    try:
        with executable.open("rb") as stream:
            return _MARK.encode() in stream.read(512)
    except OSError:
        return False


def render(layout: Layout, module: str) -> str:
    """Return the script that starts `module` with the checkout's interpreter, to end with its engine."""
    launcher = layout.checkout / "engine" / "launch.py"
    return _script([str(layout.python), "-u", str(launcher), str(layout.checkout), module])


def render_dynamic(layout: Layout) -> str:
    """Return the script that starts the server of a project's dynamic providers."""
    return _script([str(layout.python), "-u", str(layout.checkout / "engine" / "dynamic.py")])


def _script(command: list[str]) -> str:
    return f'#!/bin/sh\n{_MARK}\nexec {shlex.join(command)} "$@"\n'


def write_executable(path: Path, text: str) -> None:
    """Write `text` atomically with mode 0755, unless it is there already."""
    if path.is_file() and not path.is_symlink() and path.read_text() == text and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    Path(name).chmod(0o755)
    Path(name).replace(path)


def write_bundled(layout: Layout) -> None:
    """Put the language host and the dynamic-provider launcher beside the CLI."""
    write_executable(layout.bin / "pulumi-language-python", render(layout, "engine.language"))
    write_executable(layout.bin / "pulumi-resource-pulumi-python", render_dynamic(layout))


def install_plugins(layout: Layout, official_folders: list[Path]) -> dict[str, str]:
    """Fill `$PULUMI_HOME/plugins`; returns plugin name → `official` or `embedded`.

    An official plugin is taken from our home itself, or else linked from the first of `official_folders` (other
    `plugins` folders of the user) that has it in the exact version.
    """
    return {plugin.name: _install_plugin(layout, plugin, official_folders) for plugin in EMBEDDED_PLUGINS}


def _install_plugin(layout: Layout, plugin: EmbeddedPlugin, official_folders: list[Path]) -> str:
    target = layout.plugins / plugin.folder
    executable = target / plugin.executable
    if executable.is_file() and not executable.is_symlink() and not is_embedded(executable):
        return "official"
    for folder in official_folders:
        source = folder / plugin.folder
        if (source / plugin.executable).is_file() and not is_embedded(source / plugin.executable):
            _link_files(source, target)
            return "official"
    write_executable(executable, render(layout, plugin.module))
    return "embedded"


def _link_files(source: Path, target: Path) -> None:
    """Make `target` a real folder of links to the files of `source`: the engine does not follow a linked folder."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        link = target / file.name
        if link.is_symlink() and link.readlink() == file:
            continue
        fresh = target / f".{file.name}.{os.getpid()}"
        fresh.symlink_to(file)
        fresh.replace(link)
