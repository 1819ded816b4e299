"""Whether a disk has room, asked before anything is written."""

import os
from pathlib import Path

from rich.filesize import decimal

from towpath.images.errors import NotEnoughSpaceError

RESERVE_BYTES = 64 * 1024 * 1024
"""Left free beyond what is written: a disk filled to its last byte stops more than the copying."""


def free_bytes(folder: Path) -> int:
    """Return what an ordinary user may still write in `folder`, or in the nearest folder above it that exists."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    state = os.statvfs(place)
    return state.f_bavail * state.f_frsize


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raise NotEnoughSpaceError unless `needed_bytes` fit into `folder` with the reserve."""
    free = free_bytes(folder)
    if needed_bytes and needed_bytes + RESERVE_BYTES > free:
        raise NotEnoughSpaceError(
            f"{folder}: {decimal(needed_bytes)} would be written, {decimal(free)} are free and "
            f"{decimal(RESERVE_BYTES)} stay free; nothing was written: free some space, or choose another disk"
        )
