"""One test session after the other where both would use the same ports, containers and folders of the lab.

A test file names its ports and containers itself, and so do the stacks of some fixtures: sessions that share neither
run side by side, all others wait for their turn before their first test begins, where no time limit of a test runs.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

SHARED_FIXTURES = frozenset({"stack", "new_workspace"})
FOLDER = Path.home() / ".cache" / "towpath" / "test-turns"


def wanted(items: Iterable[pytest.Item], folder: Path) -> set[str]:
    """Name what the tests below a folder must have for themselves: their files, and fixtures with fixed ports."""
    names: set[str] = set()
    for item in items:
        if folder in item.path.parents:
            names |= {item.path.name, *filter(lambda name: _is_shared(item, name), SHARED_FIXTURES)}
    return names


def _is_shared(item: pytest.Item, fixture: str) -> bool:
    """Tell whether a test uses the shared fixture of that name, and not one of its own file."""
    found = getattr(item, "_fixtureinfo").name2fixturedefs.get(fixture)  # noqa: B009 pytest shows it no other way
    return bool(found) and found[-1].func.__module__.endswith("conftest")


def take(names: set[str], say: Callable[[str], None], folder: Path = FOLDER) -> list[TextIO]:
    """Wait until nobody else has any of these names; whoever closes the files, or ends, gives them back.

    All take them in the order of the alphabet, so two sessions never wait for each other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_locked(folder / name, say) for name in sorted(names)]


def _locked(path: Path, say: Callable[[str], None]) -> TextIO:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        say(f"waiting for another test session, of process {file.read().strip()}, that uses {path.name}")
        fcntl.flock(file, fcntl.LOCK_EX)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
