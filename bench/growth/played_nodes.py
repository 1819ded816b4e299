"""One SSH server that answers as the applier on any number of machines would, in a process of its own."""

import asyncio
import multiprocessing
from ctypes import c_long
from pathlib import Path
from typing import Any, Self

import asyncssh

from tests.lab.registry_server import free_port

_ANSWER = "towpath-result 1\nstatus changed\n"
_START_SECONDS = 30


def address(number: int) -> str:
    """Return a loopback address of a machine's own."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


class PlayedNodes:
    """As a context manager it listens on all loopback addresses. It counts connections, and documents applied."""

    def __init__(self, folder: Path) -> None:
        """Make keys in a folder."""
        self.port = free_port()
        self.client_key, self.known_hosts = folder / "client-key", folder / "known-hosts"
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key.touch(mode=0o600)
        self.client_key.write_bytes(key.export_private_key())
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._authorized = key.export_public_key().decode()
        self._connections = multiprocessing.Value(c_long)
        self._applied = multiprocessing.Value(c_long)

    def __enter__(self) -> Self:
        """Start the process and wait until it listens."""
        listening = multiprocessing.Event()
        self._process = multiprocessing.Process(target=self._serve, args=(listening,), daemon=True)
        self._process.start()
        if not listening.wait(_START_SECONDS):
            raise RuntimeError("the SSH server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.join()

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return int(self._connections.value)

    @property
    def applied(self) -> int:
        """How many documents were applied."""
        return int(self._applied.value)

    def forget(self) -> None:
        """Count from nothing."""
        self._connections.value = self._applied.value = 0

    def name_hosts(self, count: int) -> list[str]:
        """Write the host key of so many machines down, and return their names."""
        public = self._host_key.export_public_key().decode().strip()
        lines = (f"[{address(number)}]:{self.port} {public}\n" for number in range(count))
        self.known_hosts.write_text("".join(lines), encoding="utf-8")
        return [f"node-{number:04}" for number in range(count)]

    def _serve(self, listening: Any) -> None:  # noqa: ANN401 an event of multiprocessing
        asyncio.run(self._listen(listening))

    async def _listen(self, listening: Any) -> None:  # noqa: ANN401 as above
        connections, applied = self._connections, self._applied

        class Server(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                del conn
                connections.value += 1

        async def answer(process: asyncssh.SSHServerProcess[str]) -> None:
            if "sh $f apply" in (process.command or ""):
                await process.stdin.read()
                applied.value += 1
                process.stdout.write(_ANSWER)
            process.exit(0)

        await asyncssh.listen(
            "0.0.0.0",  # noqa: S104 every address of 127.0.0.0/8, and only those keys
            self.port,
            server_factory=Server,
            server_host_keys=[self._host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(self._authorized),
            process_factory=answer,
            backlog=4096,
        )
        listening.set()
        await asyncio.Event().wait()
