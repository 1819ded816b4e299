"""Who holds a stack: the lock files of a file backend.

Layout and content are those of the engine's `diy` backend (pkg/backend/diy/lock.go): every run of `pulumi` that
changes a stack has a file `.pulumi/locks/organization/<project>/<stack>/<id>.json` with its pid, user, host and time.
"""

import json
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# A process starts before it writes its lock; clocks of kernel and lock differ by less than this.
_CLOCK_SLACK_SECONDS = 2.0


@dataclass(frozen=True)
class Lock:
    """One lock file and its owner; `taken` is in seconds since the epoch."""

    path: Path
    pid: int
    username: str
    hostname: str
    taken: float

    @property
    def owner(self) -> str:
        """Return the owner for a message."""
        return f"{self.username}@{self.hostname} (pid {self.pid})"

    def is_dead(self) -> bool:
        """Say whether the owner ran on this host and is gone; false if that cannot be known."""
        if self.hostname != socket.gethostname():
            return False
        started = _process_start(self.pid)
        return started is None or started > self.taken + _CLOCK_SLACK_SECONDS

    def remove(self) -> None:
        """Delete this lock and its attributes, and no other."""
        self.path.unlink(missing_ok=True)
        self.path.with_name(self.path.name + ".attrs").unlink(missing_ok=True)


def read_locks(backend: Path, project: str, stack: str) -> list[Lock]:
    """Return the stack's locks; raises ValueError for a file that cannot be read as one."""
    folder = backend / ".pulumi" / "locks" / "organization" / project / stack
    return [lock for path in sorted(folder.glob("*.json")) if (lock := _read_lock(path))]


def _read_lock(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text())
        taken = datetime.fromisoformat(content["timestamp"]).timestamp()
        return Lock(path, int(content["pid"]), str(content["username"]), str(content["hostname"]), taken)
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a lock file of this engine: {error}") from error


def _process_start(pid: int) -> float | None:
    """Return when the process started, in seconds since the epoch; None if there is none (proc(5): stat, btime)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] == "Z":
        return None
    return int(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
