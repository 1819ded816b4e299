"""Find an official Pulumi that is installed already: it is used as it is, and nothing is built."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.catalog import PULUMI_VERSION
from engine.layout import Layout
from engine.versions import Version, in_range, parse_version
from engine.wrappers import is_embedded

LANGUAGE_HOST = "pulumi-language-python"
_VERSION_SECONDS = 20


@dataclass(frozen=True)
class OfficialCli:
    """An official CLI: its path as found on PATH, its version, and that of its language host."""

    path: Path
    version: Version


def find_official_cli(layout: Layout, required_range: str, search_path: str) -> OfficialCli | None:
    """Return the first CLI on `search_path` (as PATH) that can be used, or None.

    Usable: of the SDK's major version, within `required_range`, with an official Python language host beside it or on
    the path.
    """
    folders = [Path(folder) for folder in search_path.split(os.pathsep) if folder]
    for folder in folders:
        candidate = folder / "pulumi"
        if not os.access(candidate, os.X_OK) or not candidate.is_file() or is_embedded(folder / LANGUAGE_HOST):
            continue
        if not _has_language_host(candidate, folders):
            continue
        version = _cli_version(layout, candidate)
        if version and version[0] == _sdk_version()[0] and in_range(version, required_range):
            return OfficialCli(candidate, version)
    return None


def official_plugin_folders(layout: Layout, pulumi_home: str | None) -> list[Path]:
    """List the user's own `plugins` folders, apart from the checkout's."""
    homes = [Path(pulumi_home)] if pulumi_home else []
    homes.append(Path.home() / ".pulumi")
    return [home / "plugins" for home in homes if home.absolute() != layout.home.absolute()]


def _sdk_version() -> Version:
    version = parse_version(PULUMI_VERSION)
    if version is None:
        raise ValueError(PULUMI_VERSION)
    return version


def _has_language_host(cli: Path, folders: list[Path]) -> bool:
    for folder in [cli.resolve().parent, *folders]:
        host = folder / LANGUAGE_HOST
        if os.access(host, os.X_OK) and host.is_file():
            return not is_embedded(host)
    return False


def _cli_version(layout: Layout, cli: Path) -> Version | None:
    """Return what `pulumi version` says, remembered until the file changes: asking takes 0.1 s and more."""
    facts = cli.stat()
    key = f"{cli.resolve()}:{facts.st_mtime_ns}:{facts.st_size}"
    memory = layout.state / "engine" / "versions.json"
    known = _read_json(memory)
    if key not in known:
        known[key] = _ask_version(cli)
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(known))
    return parse_version(known[key])


def _ask_version(cli: Path) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        answer = subprocess.run(
            [cli, "version"], capture_output=True, text=True, timeout=_VERSION_SECONDS, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _read_json(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
