"""Ending and removing whatever a lab leaves behind, also one that was killed: processes, links, control groups, files.

What belongs to the lab is told by where it is: processes that run the lab's own unpacked programs or sit in its control
group, bridges with its names, its run directory. Nothing is ended by name.
"""

import os
import shutil
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from lab import cgroups, firewall
from lab.command import run
from lab.paths import Paths
from lab.topology import NODES, UPSTREAM

CGROUP_NAME = "towpath-lab"
COVERED = (Path("/run/containerd"), Path("/run/docker"))
"""Where every containerd and dockerd keeps sockets; the lab's pair sees empty ones there."""
END_SECONDS = 10


def own_process(paths: Paths, pid_file: Path) -> int | None:
    """Return the process that a pid file names, if it is alive and runs a program of the lab."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if _runs_own_program(paths, pid) else None


def alive(paths: Paths) -> bool:
    """Whether the lab's dockerd runs."""
    return own_process(paths, paths.run / "dockerd.pid") is not None


def wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process has ended (whether or not its parent has taken note), or the time is over."""
    deadline = time.monotonic() + seconds
    while not _ended(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def end_processes(paths: Paths) -> None:
    """Kill every process of the lab that still runs, containers and their shims included."""
    deadline = time.monotonic() + END_SECONDS
    while (pids := _own_processes(paths)) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in pids:
            wait_for_end(pid, 1)


def remove(paths: Paths) -> None:
    """Remove links, firewall rules, control groups and the run directory; what is not there is not missed."""
    firewall.remove()
    for network in (NODES, UPSTREAM):
        if network.bridge in {name for _, name in socket.if_nameindex()}:
            run(["ip", "link", "delete", network.bridge])
    for root in cgroups.folders(CGROUP_NAME):
        for folder in sorted(root.rglob("*"), reverse=True):
            if folder.is_dir():
                with suppress(OSError):
                    folder.rmdir()
        with suppress(OSError):
            root.rmdir()
    for folder in COVERED:
        if (paths.run / f"{folder.name}-made").exists():
            with suppress(OSError):
                folder.rmdir()
    shutil.rmtree(paths.run, ignore_errors=True)


def prepare_covered(paths: Paths) -> None:
    """Make the folders that the lab covers in its own mount namespace, and remember which were not there."""
    for folder in COVERED:
        if not folder.exists():
            folder.mkdir(mode=0o711)
            (paths.run / f"{folder.name}-made").touch()


def _own_processes(paths: Paths) -> set[int]:
    running = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found = {pid for pid in running if _runs_own_program(paths, pid)}
    for root in cgroups.folders(CGROUP_NAME):
        for listing in [root / "cgroup.procs", *root.rglob("cgroup.procs")]:
            with suppress(OSError):
                found |= {int(line) for line in listing.read_text(encoding="ascii").split()}
    return {pid for pid in found - {0, os.getpid()} if not _ended(pid)}


def _ended(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] in {"Z", "X"}


def _runs_own_program(paths: Paths, pid: int) -> bool:
    try:
        program = Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return False
    return program.is_relative_to(paths.cache / "docker-engine")
