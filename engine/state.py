"""A stack's state file in a file backend."""

import gzip
import json
from pathlib import Path
from urllib.parse import unquote

_SCHEME = "file://"


def backend_folder(url: str, project_folder: Path) -> Path | None:
    """Return the folder of a `file://` backend; None for any other backend.

    As the engine reads it: `~` is the home folder, a relative path starts at the project's folder.
    """
    if not url.startswith(_SCHEME):
        return None
    path = unquote(url.removeprefix(_SCHEME).partition("?")[0])
    if path == "~" or path.startswith("~/"):
        return Path.home() / path[2:]
    return project_folder / path


def has_pending_operations(backend: Path, project: str, stack: str) -> bool:
    """Say whether a run was cut off in the middle of operations on resources.

    False if there is no state yet. Raises OSError or ValueError if it cannot be read.
    """
    file = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
    if file.is_file():
        content = json.loads(file.read_bytes())
    elif (packed := file.with_name(file.name + ".gz")).is_file():
        content = json.loads(gzip.decompress(packed.read_bytes()))
    else:
        return False
    latest = (content.get("checkpoint") or {}).get("latest") or {}
    return bool(latest.get("pending_operations"))
