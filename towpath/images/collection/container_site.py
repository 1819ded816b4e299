"""A registry in a container on a node: every step by one SSH connection, and put back there whatever happens here."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from towpath.images.collection.node_program import opening, serve_command
from towpath.images.collection.place import RegistryContainerPlace
from towpath.images.collection.read_only import read_only_config
from towpath.images.collection.report import CollectorError, last_lines
from towpath.ssh.connection import Connection
from towpath.ssh.dialogue import Dialogue, Reply, dialogue
from towpath.ssh.errors import ConnectionLostError, SshError

_STEP_SECONDS = 180
"""For everything but the collector itself; a restart waits up to 10 s for what runs, taking the lock up to 120 s."""
_IDLE_SECONDS = 300
"""After which the watcher on the node puts the registry back, if nothing more is asked."""


class ContainerSite:
    """The conversation with the node; `recovered` says whether it had to put the registry back first."""

    def __init__(self, connection: Connection, place: RegistryContainerPlace, timeout_seconds: int) -> None:
        self._connection = connection
        self._place = place
        self._timeout_seconds = timeout_seconds
        self._open = AsyncExitStack()
        self._talk: Dialogue | None = None
        self.recovered = False

    async def begin(self) -> None:
        """Take the applier's lock on the node. Raises SshError kinds."""
        place = self._place
        command = serve_command(self._connection.sudo)
        self._talk = await self._open.enter_async_context(
            dialogue(self._connection, command, opening(self._connection.sudo))
        )
        begin = f"begin {place.container} {place.config_path} {place.storage_folder} {place.container_config_path}"
        reply = await self._talk.ask(f"{begin} {_IDLE_SECONDS}", _STEP_SECONDS)
        self.recovered = self.recovered or reply.value == "recovered"

    async def end(self) -> None:
        """Give the lock back; what is still frozen is thawed there."""
        await self._open.aclose()

    async def dry_run(self) -> str:
        """Run the collector beside the registry, with the storage mounted read-only."""
        return (await self._long("dry-run")).text

    async def freeze(self) -> None:
        """Start the registry anew with a read-only config."""
        config = base64.b64decode((await self._ask("config")).encode()).decode()
        await self._ask(f"freeze {base64.b64encode(read_only_config(config).encode()).decode()}")

    async def weigh(self) -> int:
        """Measure the storage folder by `du`."""
        reply = await self._long("weigh")
        return int(reply.value)

    async def collect(self) -> str:
        """Run the collector in a container of its own. Raises CollectorError if it failed in the middle.

        What it counts it prints before it deletes, so that its words alone would pass for a sweep that was done.
        """
        reply = await self._long("collect")
        if reply.value != "0":
            raise CollectorError(f"the collector failed while it swept; it said last: {last_lines(reply.text)}")
        return reply.text

    async def thaw(self) -> None:
        """Start the registry anew with its own config; over a new connection if the first was lost."""
        try:
            await self._ask("thaw")
        except ConnectionLostError:
            await self.end()
            await self.begin()
            await self._ask("thaw")

    async def _ask(self, line: str) -> str:
        return (await self._dialogue().ask(line, _STEP_SECONDS)).value

    async def _long(self, verb: str) -> Reply:
        return await self._dialogue().ask(f"{verb} {self._timeout_seconds}", self._timeout_seconds + _STEP_SECONDS)

    def _dialogue(self) -> Dialogue:
        if self._talk is None:
            raise SshError(self._connection.name, "no collection has begun there")
        return self._talk


@asynccontextmanager
async def container_site(
    connection: Connection, place: RegistryContainerPlace, timeout_seconds: int
) -> AsyncIterator[ContainerSite]:
    """Hold a node for a collection; at the end its registry is as it was. Raises SshError kinds."""
    site = ContainerSite(connection, place, timeout_seconds)
    try:
        await site.begin()
        yield site
    finally:
        await site.end()
