"""The files that the peers write, in a folder, with the list that playbook and deploy go through."""

import json
from pathlib import Path
from typing import Any

from bench.nodes.wanted import Wanted

_GROUPS = ("trust", "containerd", "containerd_files", "docker", "docker_files")


def write_files(folder: Path, wanted: Wanted) -> None:
    """Write the files below `folder`/files, and files.json: folders to make, and groups of source, path and mode."""
    groups: dict[str, list[dict[str, Any]]] = {group: [] for group in _GROUPS}
    (folder / "files").mkdir(parents=True)
    for number, file in enumerate(wanted.files):
        source = folder / "files" / f"{number}-{Path(file.path).name}"
        source.write_text(wanted.contents[file.path], encoding="utf-8")
        groups[file.group].append({"source": str(source), "path": file.path, "mode": file.mode})
    folders = sorted({str(Path(file.path).parent) for file in wanted.files})
    (folder / "files.json").write_text(json.dumps({"folders": folders, "groups_of_files": groups}), encoding="utf-8")
