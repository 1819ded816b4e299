"""A registry process as the place of a collection, for tests without a node."""

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lab.registry_server import ACCOUNT, PASSWORD, RegistryServer
from towpath.access.registry_access import RegistryAccess
from towpath.images.collection.read_only import read_only_config


@dataclass
class ProcessSite:
    """The server is started anew where a container would be. `turns` are called when a step of that name begins."""

    server: RegistryServer
    turns: dict[str, Callable[[], None]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    _config: str | None = None

    async def dry_run(self) -> str:
        self._turn("dry_run")
        return self._collector("--dry-run")

    async def freeze(self) -> None:
        self._turn("freeze")
        path = self.server.folder / "config.yml"
        self._config = path.read_text()
        path.write_text(read_only_config(self._config))
        await asyncio.to_thread(self._restart)

    async def weigh(self) -> int:
        self._turn("weigh")
        return blob_bytes(self.server)

    async def collect(self) -> str:
        self._turn("collect")
        return self._collector()

    async def thaw(self) -> None:
        self._turn("thaw")
        if self._config:
            (self.server.folder / "config.yml").write_text(self._config)
        await asyncio.to_thread(self._restart)

    def _turn(self, name: str) -> None:
        self.steps.append(name)
        self.turns.get(name, lambda: None)()

    def _restart(self) -> None:
        self.server.stop()
        self.server.start()

    def _collector(self, *arguments: str) -> str:
        try:
            return self.server.garbage_collect(*arguments)
        except subprocess.CalledProcessError as error:
            return f"{error.stdout}{error.stderr}"


def access_to(server: RegistryServer) -> RegistryAccess:
    """Return the way to a server, with its one account."""
    return RegistryAccess(server.host, ACCOUNT, PASSWORD, server.ca_pem)


def blob_bytes(server: RegistryServer) -> int:
    """Return what blobs take, without the links to them."""
    return sum(path.stat().st_size for path in (server.storage / "docker/registry/v2/blobs").rglob("data"))
