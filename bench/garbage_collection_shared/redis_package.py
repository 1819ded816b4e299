"""The package that has the Redis server, which a machine may not have yet."""

import os
import subprocess
import sys
from pathlib import Path

from tests.lab.redis_server import PROGRAM

_INSTALL = ("apt-get", "install", "-qq", "--yes", "--no-install-recommends", "redis-tools")


def ensure_redis() -> None:
    """Install Debian's package where it is missing; no service starts with it."""
    if Path(PROGRAM).exists():
        return
    sys.stderr.write("  Debian package for Redis: redis-tools\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(_INSTALL, check=False, capture_output=True, env=environment).returncode:
        subprocess.run(["apt-get", "-qq", "update"], check=True, stdout=sys.stderr, env=environment)
        subprocess.run(_INSTALL, check=True, stdout=sys.stderr, env=environment)
