"""Things that are made once and kept: named by a hash of what makes them, and put in place whole or not at all."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.progress import Progress


def key(*parts: Path | str) -> str:
    """Hash the texts and files given, briefly; a directory counts with all its files and their names."""
    total = hashlib.sha256()
    for part in parts:
        files = [part] if isinstance(part, str) or part.is_file() else sorted(p for p in part.rglob("*") if p.is_file())
        for item in files:
            name, content = ("", item.encode()) if isinstance(item, str) else (item.name, item.read_bytes())
            total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()[:12]


@contextmanager
def made_whole(target: Path) -> Iterator[Path]:
    """Yield a fresh directory that takes the place of `target` if the block ends well, and goes if it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def locked(cache: Path, progress: Progress) -> Iterator[None]:
    """Hold the one lock of all lab commands of this user; say so if another command has it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another lab command to end ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
