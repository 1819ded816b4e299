"""SSH as the command plugin speaks it, against servers that a test can make behave badly."""

from __future__ import annotations

import asyncio
from typing import Any

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
    UploadError,
)
from engine.plugins.command.remote import copy, execute
from engine.plugins.command.remote_process import RemoteExit, RemoteRun
from engine.plugins.command.transcript import STREAMS, Transcript
from tests.unit.command_ssh_server import PASSWORD, Middle, endpoint, listening
from tests.unit.tcp_listener import tcp_listener


async def run(
    target: Endpoint, line: str, seconds: float = 0, runs: asyncio.Event | None = None
) -> tuple[RemoteExit, str]:
    """Run a command to its end; `runs` is set as soon as it says something."""
    said = Transcript(lambda _: runs.set() if runs else None, STREAMS)
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
        middle = Middle(target, turn_away=2)
        async with middle.listening(dialErrorLimit=-1) as late:
            assert await run(late, "hello") == (RemoteExit(0), "hello")
    assert middle.accepted == 3


async def test_a_peer_that_falls_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "KEEPALIVE_SECONDS", 0.1)
    async with listening() as target:
        middle = Middle(target)
        async with middle.listening() as through:
            runs = asyncio.Event()
            work = asyncio.create_task(run(through, "hang", runs=runs))
            await runs.wait()
            middle.frozen = True
            with pytest.raises(ConnectionBrokenError, match="the SSH connection broke while the command ran"):
                await asyncio.wait_for(work, 180)


async def test_a_server_that_says_nothing_runs_into_the_dial_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tcp_listener(silent) as port:
        with pytest.raises(UnreachableError, match="after 1 failed attempt"):
            await run(endpoint(port, perDialTimeout=1), "hello")


async def test_a_command_that_vanishes_is_not_taken_for_a_success() -> None:
    async with listening() as target:
        with pytest.raises(ConnectionBrokenError, match="without exit status"):
            await run(target, "vanish")


async def test_a_cancelled_command_gets_a_signal() -> None:
    signals: list[str] = []
    async with listening(signals=signals) as target:
        runs = asyncio.Event()
        work = asyncio.create_task(run(target, "hang", runs=runs))
        await runs.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert signals == ["TERM"]


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


async def test_the_keys_of_an_agent_are_offered(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = tmp_path / "agent"
    agent = await asyncio.create_subprocess_exec("ssh-agent", "-D", "-a", str(socket), stdout=asyncio.subprocess.PIPE)
    try:
        assert agent.stdout is not None
        # It names its socket once it listens.
        await agent.stdout.readline()
        key = asyncssh.generate_private_key("ssh-ed25519")
        async with asyncssh.connect_agent(str(socket)) as client:
            await client.add_keys([key])
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        async with listening("key", authorized=key.export_public_key().decode()) as target:
            by_agent = endpoint(target.port, hostKey=target.host_key, password=None)
            assert await run(by_agent, "hello") == (RemoteExit(0), "hello")
    finally:
        agent.terminate()
        await agent.wait()


async def test_a_server_without_sftp_says_what_to_set() -> None:
    async with listening() as target:
        source = {"text": "text"}
        with pytest.raises(UploadError, match="does not offer SFTP"):
            await copy(Connection(target), source, "/nowhere", report=print, timeout_seconds=0)


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
