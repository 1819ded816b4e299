"""SSH as the command plugin speaks it, against servers that a test can make behave badly."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest

from engine.plugins.command import dialling
from engine.plugins.command.connection import Connection, Endpoint, read_connection
from engine.plugins.command.dialling import dialled
from engine.plugins.command.errors import (
    AuthenticationRefusedError,
    CommandPluginError,
    CommandTimedOutError,
    ConnectionBrokenError,
    CredentialError,
    UnreachableError,
)
from engine.plugins.command.remote import execute
from engine.plugins.command.remote_process import RemoteExit, RemoteRun
from engine.plugins.command.transcript import STREAMS, Transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PASSWORD = "battery-staple-0815"


class Server(asyncssh.SSHServer):
    """Takes the password, by the method it is made for."""

    def __init__(self, method: str) -> None:
        self.method = method

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


class Seen:
    """What the server's command saw."""

    signals: list[str]

    def __init__(self) -> None:
        self.signals = []


async def command(process: asyncssh.SSHServerProcess[str], seen: Seen) -> None:
    if process.command == "hang":
        process.stdout.write("hanging\n")
        try:
            await process.stdin.read()
        except asyncssh.TerminalSizeChanged:
            pass
        except asyncssh.SignalReceived as received:
            seen.signals.append(received.signal)
        return
    if process.command == "vanish":
        process.close()
        return
    process.stdout.write(f"{process.command}\n")
    process.exit(0)


@contextlib.asynccontextmanager
async def listening(method: str = "password", seen: Seen | None = None) -> AsyncIterator[Endpoint]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    noted = seen or Seen()

    async def handle(process: asyncssh.SSHServerProcess[str]) -> None:
        await command(process, noted)

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=lambda: Server(method), server_host_keys=[key], process_factory=handle
    )
    async with server:
        yield endpoint(server.get_port(), hostKey=key.export_public_key().decode())


def endpoint(port: int, **more: Any) -> Endpoint:
    settings = {"host": "127.0.0.1", "port": port, "user": "someone", "password": PASSWORD, "dialErrorLimit": 0}
    return read_connection({**settings, **more}).target


async def run(target: Endpoint, line: str, seconds: float = 0) -> tuple[RemoteExit, str]:
    said = Transcript(lambda _: None, STREAMS)
    ended = await execute(Connection(target), RemoteRun(line), said, report=print, warn=print, timeout_seconds=seconds)
    return ended, said.text("stdout")


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.mark.parametrize("method", ["password", "prompts", "none"])
async def test_a_password_answers_whatever_the_server_asks(method: str) -> None:
    async with listening(method) as target:
        assert await run(target, "hello") == (RemoteExit(0), "hello")


async def test_a_wrong_password_is_tried_once_and_not_shown() -> None:
    async with listening() as target:
        wrong = endpoint(target.port, hostKey=target.host_key, password="wrong-horse", dialErrorLimit=10)
        reports: list[str] = []
        with pytest.raises(AuthenticationRefusedError) as raised:
            async with dialled(Connection(wrong), reports.append):
                pass
    assert f"someone@127.0.0.1:{target.port}: the server refuses the credentials (password)" in str(raised.value)
    assert "wrong-horse" not in str(raised.value)
    assert reports == []


async def test_failed_attempts_are_reported_and_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "FIRST_DELAY_SECONDS", 0.001)
    reports: list[str] = []
    closed = endpoint(1, dialErrorLimit=3)
    with pytest.raises(UnreachableError, match=r"someone@127.0.0.1:1: cannot connect after 4 failed attempts"):
        async with dialled(Connection(closed), reports.append):
            pass
    assert reports == [f"Dial someone@127.0.0.1:1 {number}/3 failed: retrying" for number in (1, 2, 3)]


async def test_a_server_that_comes_up_late_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "FIRST_DELAY_SECONDS", 0.02)
    async with listening() as target:
        accepted = []

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.append(1)
            if len(accepted) > 2:
                await pipe(reader, writer, target.port, asyncio.Event())
            writer.close()

        async with await asyncio.start_server(forward, "127.0.0.1", 0) as flaky:
            port = flaky.sockets[0].getsockname()[1]
            late = endpoint(port, hostKey=target.host_key, dialErrorLimit=-1)
            assert await run(late, "hello") == (RemoteExit(0), "hello")
    assert len(accepted) == 3


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, frozen: asyncio.Event) -> None:
    """Forward to `port` until one side closes; once `frozen`, swallow everything."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if not frozen.is_set():
                    target.write(data)
        target.close()

    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def test_a_peer_that_falls_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "KEEPALIVE_SECONDS", 0.1)
    frozen = asyncio.Event()
    async with listening() as target:

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await pipe(reader, writer, target.port, frozen)

        async with await asyncio.start_server(forward, "127.0.0.1", 0) as middle:
            port = middle.sockets[0].getsockname()[1]
            work = asyncio.create_task(run(endpoint(port, hostKey=target.host_key), "hang"))
            await asyncio.sleep(0.5)
            frozen.set()
            with pytest.raises(ConnectionBrokenError, match="the SSH connection broke while the command ran"):
                await asyncio.wait_for(work, 30)


async def test_a_server_that_says_nothing_runs_into_the_dial_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError, match="after 1 failed attempt"):
            await run(endpoint(port, perDialTimeout=1), "hello")


async def test_a_command_that_vanishes_is_not_taken_for_a_success() -> None:
    async with listening() as target:
        with pytest.raises(ConnectionBrokenError, match="without exit status"):
            await run(target, "vanish")


async def test_a_cancelled_command_gets_a_signal() -> None:
    seen = Seen()
    async with listening(seen=seen) as target:
        work = asyncio.create_task(run(target, "hang"))
        await asyncio.sleep(0.5)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await asyncio.sleep(0.2)
    assert seen.signals == ["TERM"]


async def test_a_custom_timeout_ends_a_remote_command() -> None:
    async with listening() as target:
        with pytest.raises(CommandTimedOutError, match=r"stopped after 0\.5 s"):
            await run(target, "hang", seconds=0.5)


async def test_an_agents_key_logs_in_and_a_dead_agent_matters_only_without_other_credentials(tmp_path: Any) -> None:
    async with listening() as target:
        dead = str(tmp_path / "agent.sock")
        with_password = endpoint(target.port, hostKey=target.host_key, agentSocketPath=dead)
        assert await run(with_password, "hello") == (RemoteExit(0), "hello")
        alone = endpoint(target.port, hostKey=target.host_key, agentSocketPath=dead, password=None)
        with pytest.raises(CredentialError, match="agentSocketPath"):
            await run(alone, "hello")


@pytest.mark.parametrize(
    "settings",
    [
        {"privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nbattery\n-----END OPENSSH PRIVATE KEY-----"},
        {"hostKey": "ssh-ed25519 battery"},
    ],
)
async def test_rubbish_keys_are_refused_without_showing_them(settings: dict[str, str]) -> None:
    with pytest.raises(CommandPluginError) as raised:
        await run(endpoint(1, **settings), "hello")
    assert "battery" not in str(raised.value)


def test_representations_hold_no_secret() -> None:
    whole = read_connection(
        {
            "host": "h",
            "password": PASSWORD,
            "proxy": {"host": "p", "privateKey": PASSWORD, "privateKeyPassword": PASSWORD},
        }
    )
    assert PASSWORD not in repr(whole)
    assert PASSWORD not in repr(RemoteRun(PASSWORD, {"A": PASSWORD}, {"B": PASSWORD}, PASSWORD))
    assert whole.secrets == [PASSWORD] * 3
    assert endpoint(22, host="fe80::1").label == "someone@[fe80::1]:22"
