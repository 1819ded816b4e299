"""How long a command takes, and the most memory that any one of its processes held."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_KIB_PER_MIB = 1024
# Linux counts what a process had before it became another program: so a small one starts the command, not this one.
_WATCH = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def measured(argv: Sequence[str], cwd: Path, environment: Mapping[str, str], log: Path) -> tuple[float, float]:
    """Run a command; return seconds and MiB. Raises RuntimeError with the end of what it printed if it fails."""
    told = log.with_suffix(".kib")
    watched = [sys.executable, "-S", "-c", _WATCH, str(told), *argv]
    began = time.perf_counter()
    with log.open("wb") as output:
        done = subprocess.run(watched, cwd=cwd, env=environment, stdout=output, stderr=output, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        printed = log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{' '.join(argv[:3])} ended with {done.returncode}:\n{printed[-4000:]}")
    return seconds, int(told.read_text(encoding="utf-8")) / _KIB_PER_MIB
