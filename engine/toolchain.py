"""What building the CLI needs from the machine: Linux and Go."""

import os
import re
import shutil
import subprocess
import sys

from engine.catalog import MINIMUM_GO
from engine.errors import UnsupportedMachineError

_WANTED = ".".join(map(str, MINIMUM_GO))
_WAY_OUT = "or install the official Pulumi CLI, which is then used instead"


def check_machine(platform: str = sys.platform) -> None:
    """Raise UnsupportedMachineError unless this is Linux."""
    if platform != "linux":
        raise UnsupportedMachineError(
            f"the embedded engine runs on Linux, this is {platform}: use a Linux machine, {_WAY_OUT}"
        )


def find_go(search_path: str | None = None) -> str:
    """Return a Go that is new enough; raises UnsupportedMachineError."""
    go = shutil.which("go", path=search_path)
    if not go:
        raise UnsupportedMachineError(
            f"Go is not on PATH, and the embedded engine is built with Go {_WANTED} or newer: install Go, {_WAY_OUT}"
        )
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""},
    )
    version = answer.stdout.strip()
    found = re.match(r"go(\d+)\.(\d+)", version)
    if not found or (int(found[1]), int(found[2])) < MINIMUM_GO:
        said = version.removeprefix("go") or answer.stderr.strip().splitlines()[:1] or "unreadable"
        raise UnsupportedMachineError(
            f"Go at {go} is {said}, and the embedded engine is built with {_WANTED} or newer: upgrade Go, {_WAY_OUT}"
        )
    return go
