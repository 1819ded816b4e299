"""A private Redis for tests of a registry whose replicas share their cache: own port, own password, nothing kept.

    with RedisServer(folder, host=LAB_HOST) as redis:   # or the session fixture `redis`, on the lab's host address
        redis.address, PASSWORD                         # `host:port`, and what AUTH wants
        redis.registry_cache()                          # `redis` of a registry's config.yml, password included
        redis.stored()                                    # what is in it

The program comes from Debian's package `redis-tools`, which has the server too, and no service that would start with
it: the package `redis-server` only adds a link of that name, and the unit.
"""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.lab.registry_server import free_port

PROGRAM = "/usr/bin/redis-check-rdb"
"""The server under another name: the program goes by what it is called, so it is started as `redis-server`."""
LOOPBACK = "127.0.0.1"
PASSWORD = "only-for-the-test-cache"
START_SECONDS = 180


@dataclass
class RedisServer:
    """One server. As a context manager it is started, answers, and is stopped."""

    folder: Path
    """Where its settings (mode 0600) and its log go."""
    host: str = LOOPBACK
    """The address it listens on: LOOPBACK, or s3_server.LAB_HOST while the lab runs."""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port`, as the registry's settings have it."""
        return f"{self.host}:{self.port}"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "redis.log").read_text()

    def __enter__(self) -> Self:
        """Write its settings and start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        lines = [f"bind {self.host}", f"port {self.port}", f"requirepass {PASSWORD}", 'save ""', "appendonly no"]
        settings.write_text("\n".join([*lines, f"dir {self.folder}", ""]))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", str(self.folder / "redis.conf")],
                executable=PROGRAM,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self.command("PING", check=False) == "PONG":
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"Redis did not start:\n{self.log[-2000:]}")

    def stop(self) -> None:
        """Stop it, as a cache that goes away; nothing is kept."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def command(self, *words: str, check: bool = True, password: str = PASSWORD) -> str:
        """Send one command and return the answer."""
        client = ["redis-cli", "-h", self.host, "-p", str(self.port), *words]
        environment = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": password}
        return subprocess.run(client, env=environment, check=check, capture_output=True, text=True).stdout.strip()

    def stored(self) -> list[str]:
        """Return the names of everything in it."""
        return self.command("KEYS", "*").splitlines()

    def registry_cache(self) -> dict[str, Any]:
        """Return `redis` of the config.yml of a registry 3.x; its `storage.cache.blobdescriptor` is then `redis`."""
        return {"addrs": [self.address], "password": PASSWORD}
