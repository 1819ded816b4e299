"""How a node gets its control groups, on machines with the old hierarchies, the unified one or both."""

from pathlib import Path

ROOT = "/sys/fs/cgroup"


def hierarchies(mounts: str) -> list[str]:
    """Return where control groups are mounted, given the text of /proc/self/mounts (proc(5))."""
    fields = (line.split() for line in mounts.splitlines())
    found = (where for _, where, kind, *_ in fields if kind in {"cgroup", "cgroup2"} and where.startswith(ROOT))
    return list(dict.fromkeys(found))


def container_options(mounts: str) -> tuple[str, ...]:
    """Return the options of `docker create` for a container whose systemd makes control groups of its own.

    Each hierarchy is shared, but not the file system that they are mounted in: systemd makes that one read-only.
    """
    found = hierarchies(mounts)
    volumes = [part for where in found for part in ("--volume", f"{where}:{where}:rw")]
    base = () if ROOT in found else ("--tmpfs", ROOT)
    return ("--cgroupns", "host", *base, *volumes)


def folders(name: str) -> list[Path]:
    """Return the control group of that name in each hierarchy that has it."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    return [path for path in (Path(where, name) for where in hierarchies(mounts)) if path.is_dir()]
