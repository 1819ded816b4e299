"""The checkout's lab state: private folders, and the small files that are written once and kept until `lab down`."""

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from lab.paths import Paths

_WRITING = threading.Lock()


def ensure(paths: Paths) -> str:
    """Make the folders (mode 0700) and return this lab's own random id, which marks its containers."""
    paths.state.parent.mkdir(mode=0o700, exist_ok=True)
    paths.state.mkdir(mode=0o700, exist_ok=True)
    for folder in (paths.logs, paths.trust, paths.bin, paths.docker_config, paths.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return once(paths.state / "instance", lambda: secrets.token_hex(8).encode()).decode()


def instance(paths: Paths) -> str:
    """Return the lab's id, or an empty text where this checkout has no lab."""
    file = paths.state / "instance"
    return file.read_text(encoding="ascii") if file.exists() else ""


def once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content, written with mode 0600 from `make` if there is none yet."""
    with _WRITING:
        if not path.exists():
            write_private(path, make())
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write a file as a whole, never readable by others."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
