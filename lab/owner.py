"""Whose lab it is: a machine has one, and its run directory names the checkout that started it."""

from pathlib import Path

from lab import leftovers
from lab.errors import OwnerError
from lab.paths import Paths
from lab.progress import Progress


def current(paths: Paths) -> Path | None:
    """Return the checkout that started this machine's lab; None where there is none, or it is dead."""
    try:
        owner = Path((paths.run / "owner").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return owner if owner.is_dir() and leftovers.alive(paths) else None


def claim(paths: Paths, progress: Progress) -> None:
    """Take the machine's lab for this checkout; what a dead owner left is cleaned up first. Raises OwnerError."""
    refuse_other(paths)
    named = paths.run / "owner"
    if named.exists() and named.read_text(encoding="utf-8") != str(paths.checkout):
        progress.say(f"cleaning up after the lab of {named.read_text(encoding='utf-8')}, which is gone")
        leftovers.end_processes(paths)
        leftovers.remove(paths)
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    named.write_text(str(paths.checkout), encoding="utf-8")


def refuse_other(paths: Paths) -> None:
    """Raise OwnerError if the lab of another checkout is alive."""
    owner = current(paths)
    if owner not in (None, paths.checkout):
        raise OwnerError(f"this machine's lab belongs to {owner} and is running: run `make down` in {owner} first")
