"""SSH servers in the test's own process that misbehave on demand."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import asyncssh

from engine.plugins.command.connection import Endpoint, read_connection
from tests.unit.ssh_listener import ListeningServer, ssh_listener
from tests.unit.tcp_listener import tcp_listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PASSWORD = "battery-staple-0815"


class Server(ListeningServer):
    """Takes the password, by the method it is made for."""

    def __init__(self, method: str, signals: list[str]) -> None:
        super().__init__()
        self.method = method
        self.signals = signals

    def session_requested(self) -> Session:
        return Session(self.signals)

    def begin_auth(self, username: str) -> bool:
        return self.method != "none"

    def password_auth_supported(self) -> bool:
        return self.method == "password"

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD

    def kbdint_auth_supported(self) -> bool:
        return self.method == "prompts"

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [("Who is it?", False), ("Really?", False)]

    def validate_kbdint_response(self, username: str, responses: Any) -> bool:
        return list(responses) == [PASSWORD, PASSWORD]


class Session(asyncssh.SSHServerSession[str]):
    """Echoes its command line; `hang` does not end by itself after that, `vanish` ends at once without a status."""

    def __init__(self, signals: list[str]) -> None:
        self.signals = signals
        self.line = ""
        self.channel: asyncssh.SSHServerChannel[str]

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        self.channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return False

    def exec_requested(self, command: str) -> bool:
        self.line = command
        return True

    def session_started(self) -> None:
        if self.line == "vanish":
            self.channel.close()
        else:
            self.channel.write(f"{self.line}\n")
            if self.line != "hang":
                self.channel.exit(0)

    def eof_received(self) -> bool:
        return True

    def signal_received(self, signal: str) -> None:
        self.signals.append(signal)
        self.channel.exit_with_signal(signal)


@contextlib.asynccontextmanager
async def listening(
    method: str = "password", signals: list[str] | None = None, authorized: str = ""
) -> AsyncIterator[Endpoint]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    noted = [] if signals is None else signals
    async with ssh_listener(lambda: Server(method, noted), key, authorized) as port:
        yield endpoint(port, hostKey=key.export_public_key().decode())


def endpoint(port: int, **more: Any) -> Endpoint:
    settings = {"host": "127.0.0.1", "port": port, "user": "someone", "password": PASSWORD, "dialErrorLimit": 0}
    return read_connection({**settings, **more}).target


class Middle:
    """A TCP forwarder that turns connections away, or swallows everything once it is frozen."""

    def __init__(self, target: Endpoint, turn_away: int = 0) -> None:
        self.target = target
        self.turn_away = turn_away
        self.frozen = False
        self.accepted = 0

    @contextlib.asynccontextmanager
    async def listening(self, **more: Any) -> AsyncIterator[Endpoint]:
        async with tcp_listener(self._accept) as port:
            yield endpoint(port, hostKey=self.target.host_key, **more)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.accepted <= self.turn_away:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target.port)
        try:
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.frozen:
                target.write(data)
