"""Connections to a server in this process: what it runs, and what each fault is called."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncssh
import pytest

from tests.unit.ssh_listener import ListeningServer, ssh_listener
from tests.unit.tcp_listener import tcp_listener
from towpath.errors import TowpathError
from towpath.ssh import errors
from towpath.ssh.connection import Connection
from towpath.ssh.session import forward, run

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
CLIENT_KEY = asyncssh.generate_private_key("ssh-ed25519")
PASSWORD = "pass-of-the-user"


def public(key: Any) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


async def serve(process: Any) -> None:
    match process.command:
        case "echo":
            process.stdout.write("got " + await process.stdin.read())
            process.exit(0)
        case "fail":
            process.stderr.write("line 1\ntowpath: node: it broke; mend it\n")
            process.exit(11)
        case "hang":
            await asyncio.sleep(60)
        case "cut":
            process.channel.get_connection().abort()
        case "signal":
            process.exit_with_signal("KILL")
        case _:
            process.exit(0)


class Server(ListeningServer):
    """Lets one user in by key or password, and forwards."""

    forwards = True

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD


@pytest.fixture
async def connection() -> AsyncIterator[Connection]:
    key = CLIENT_KEY.export_private_key().decode()
    async with ssh_listener(Server, HOST_KEY, public(CLIENT_KEY), process_factory=serve) as port:
        yield Connection("127.0.0.1", public(HOST_KEY), port=port, private_key=key)


async def test_a_command_gets_its_input_and_gives_its_output(connection: Connection) -> None:
    assert (await run(connection, "echo", "ünï\n")).stdout == "got ünï\n"


async def test_a_password_lets_in_too(connection: Connection) -> None:
    assert (await run(replace(connection, private_key=None, password=PASSWORD), "true")).stdout == ""


async def test_a_failed_command_carries_its_code_and_last_lines(connection: Connection) -> None:
    with pytest.raises(errors.CommandFailedError, match="it broke; mend it") as caught:
        await run(connection, "fail")
    assert caught.value.exit_code == 11
    assert caught.value.stderr.startswith("line 1")


@pytest.mark.parametrize(("command", "words"), [("cut", "cut in the middle"), ("signal", "killed on the machine")])
async def test_a_connection_that_ends_too_early_is_said(connection: Connection, command: str, words: str) -> None:
    with pytest.raises(errors.ConnectionLostError, match=words):
        await run(connection, command)


async def test_a_command_without_an_end_is_given_up(connection: Connection) -> None:
    with pytest.raises(errors.ConnectionLostError, match=r"within 0\.2 s"):
        await run(connection, "hang", timeout_seconds=0.2)


async def test_another_host_key_is_refused(connection: Connection) -> None:
    other = public(asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(errors.HostKeyMismatchError, match="another host key than the known one"):
        await run(replace(connection, host_key=other), "true")


async def test_a_host_key_of_another_kind_is_refused(connection: Connection) -> None:
    other = public(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    with pytest.raises(errors.HostKeyMismatchError, match="no host key of the known kind ecdsa-sha2-nistp256"):
        await run(replace(connection, host_key=other), "true")


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "nonsense words"])
async def test_a_host_key_that_is_none_is_refused(connection: Connection, text: str) -> None:
    with pytest.raises(errors.HostKeyMismatchError, match="cannot be read"):
        await run(replace(connection, host_key=text), "true")


async def test_a_wrong_key_or_password_is_refused(connection: Connection) -> None:
    wrong = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for refused in (replace(connection, private_key=wrong), replace(connection, private_key=None, password="no")):
        with pytest.raises(errors.AuthenticationRefusedError, match="does not let 'root' in"):
            await run(refused, "true")


async def test_credentials_that_cannot_be_used_are_named(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    locked = CLIENT_KEY.export_private_key(passphrase="x").decode()
    for broken in (
        replace(connection, private_key="no key"),
        replace(connection, private_key=locked),
        replace(connection, private_key=locked, private_key_password="wrong"),
        replace(connection, private_key=None, agent=True),
    ):
        with pytest.raises(errors.BadCredentialsError) as caught:
            await run(broken, "true")
        assert "no key" not in str(caught.value)
    assert (await run(replace(connection, private_key=locked, private_key_password="x"), "true")).stdout == ""


async def test_nobody_there_is_unreachable(connection: Connection) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(errors.UnreachableError, match=f"127.0.0.1:{port}: no SSH connection"):
        await run(replace(connection, port=port), "true")
    with pytest.raises(errors.UnreachableError, match="no SSH connection"):
        await run(replace(connection, host="no-such-host.invalid"), "true")


async def test_a_bastion_is_gone_through_and_its_key_checked(connection: Connection) -> None:
    assert (await run(replace(connection, proxy=connection), "echo", "x")).stdout == "got x"
    liar = replace(connection, host_key=public(asyncssh.generate_private_key("ssh-ed25519")))
    with pytest.raises(errors.HostKeyMismatchError):
        await run(replace(connection, proxy=liar), "true")


async def test_a_forwarded_port_leads_to_the_far_side(connection: Connection) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"far " + await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with tcp_listener(answer) as far, forward(connection, "127.0.0.1", far) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"side\n")
        assert await reader.readline() == b"far side\n"
        writer.close()
        await writer.wait_closed()
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", port)


def test_no_secret_shows_in_a_connection() -> None:
    shown = repr(Connection("h", "k", private_key="PEM", private_key_password="hush", password="mum"))
    assert not any(secret in shown for secret in ("PEM", "hush", "mum"))


def test_every_error_is_ours() -> None:
    assert issubclass(errors.SshError, TowpathError)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert all(issubclass(kind, errors.SshError) for kind in kinds)
