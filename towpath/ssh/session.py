"""Open connections, run commands, forward ports; everything that asyncssh raises is mapped here.

A bastion is connected to first, and its own host key is checked as strictly.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncssh

from towpath.ssh.connection import Connection
from towpath.ssh.errors import (
    AuthenticationRefusedError,
    BadCredentialsError,
    CommandFailedError,
    ConnectionLostError,
    HostKeyMismatchError,
    SshError,
    UnreachableError,
)

CONNECT_SECONDS = 15
KEEPALIVE_SECONDS = 15


@dataclass(frozen=True)
class Ran:
    """What a command printed."""

    stdout: str
    stderr: str


async def run(connection: Connection, command: str, stdin: str = "", timeout_seconds: float = 600) -> Ran:
    """Run one command over a connection of its own.

    Raises CommandFailedError for an exit code other than 0, ConnectionLostError when it is cut or too slow, and what
    `connect` raises.
    """
    async with connect(connection) as client:
        return await run_on(client, connection, command, stdin, timeout_seconds)


async def run_on(
    client: asyncssh.SSHClientConnection, connection: Connection, command: str, stdin: str, timeout_seconds: float
) -> Ran:
    """Run one command over an open connection; see `run`."""
    try:
        done = await asyncio.wait_for(
            client.run(command, input=stdin, errors="replace"),
            timeout_seconds,
        )
    except TimeoutError:
        raise ConnectionLostError(
            connection.name, f"no end of the command within {timeout_seconds:g} s; look at what the machine is doing"
        ) from None
    except (asyncssh.Error, OSError) as error:
        raise ConnectionLostError(
            connection.name, f"the connection was cut in the middle ({_reason(error)}); run it again"
        ) from error
    stdout, stderr = str(done.stdout or ""), str(done.stderr or "")
    if done.exit_signal is not None:
        raise ConnectionLostError(connection.name, "the command was killed on the machine; run it again")
    if done.exit_status is None:
        raise ConnectionLostError(connection.name, "the connection was cut in the middle of the command; run it again")
    if done.exit_status != 0:
        raise CommandFailedError(connection.name, done.exit_status, stdout, stderr)
    return Ran(stdout, stderr)


@asynccontextmanager
async def connect(connection: Connection) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Open a connection, through its bastions.

    Raises UnreachableError, HostKeyMismatchError, AuthenticationRefusedError, BadCredentialsError.
    """
    async with AsyncExitStack() as stack:
        tunnel = await stack.enter_async_context(connect(connection.proxy)) if connection.proxy else None
        client = await _open(connection, tunnel)
        stack.push_async_callback(client.wait_closed)
        stack.callback(client.close)
        yield client


async def reaches(connection: Connection, host: str, port: int) -> bool:
    """Whether the machine can open a TCP connection to `host:port`. Raises what `connect` raises."""
    async with connect(connection) as client:
        try:
            _, writer = await client.open_connection(host, port)
        except asyncssh.ChannelOpenError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def forward(connection: Connection, host: str, port: int, wished_port: int = 0) -> AsyncIterator[int]:
    """Give a local port on 127.0.0.1 that leads to `host:port` as the machine sees it, as long as the context lasts.

    It is `wished_port` unless somebody has that already.
    """
    async with connect(connection) as client:
        listener = await _listener(client, wished_port, host, port)
        try:
            yield listener.get_port()
        finally:
            listener.close()
            await listener.wait_closed()


async def _listener(
    client: asyncssh.SSHClientConnection, wished_port: int, host: str, port: int
) -> asyncssh.SSHListener:
    try:
        return await client.forward_local_port("127.0.0.1", wished_port, host, port)
    except OSError:
        if not wished_port:
            raise
        return await client.forward_local_port("127.0.0.1", 0, host, port)


async def _open(connection: Connection, tunnel: asyncssh.SSHClientConnection | None) -> asyncssh.SSHClientConnection:
    trusted = _host_key(connection)
    try:
        return await asyncssh.connect(
            connection.host,
            connection.port,
            tunnel=tunnel or (),
            username=connection.user,
            client_keys=_keys(connection),
            agent_path=_agent(connection),
            password=connection.password,
            known_hosts=([trusted], [], []),
            server_host_key_algs=_algorithms(trusted),
            config=[],
            connect_timeout=CONNECT_SECONDS,
            login_timeout=CONNECT_SECONDS,
            keepalive_interval=KEEPALIVE_SECONDS,
        )
    except (asyncssh.Error, OSError) as error:
        raise _mapped(connection, error) from error


def _host_key(connection: Connection) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(connection.host_key)
    except (asyncssh.KeyImportError, ValueError):
        raise HostKeyMismatchError(
            connection.name, "its host_key cannot be read; write it as in known_hosts, 'ssh-ed25519 AAAA…'"
        ) from None


def _algorithms(key: asyncssh.SSHKey) -> list[str]:
    """Ask for the kind of key that is known, else a server with several would offer another one."""
    kind = key.get_algorithm()
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


def _keys(connection: Connection) -> list[asyncssh.SSHKey]:
    if connection.private_key is None:
        return []
    try:
        return [asyncssh.import_private_key(connection.private_key, connection.private_key_password)]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        raise BadCredentialsError(
            connection.name,
            "the private key cannot be read; give it in PEM or OpenSSH format, with its password if any",
        ) from None


def _agent(connection: Connection) -> str | None:
    if not connection.agent:
        return None
    path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        raise BadCredentialsError(
            connection.name, "agent is set, but SSH_AUTH_SOCK is not; start ssh-agent, or give a key"
        )
    return path


def _mapped(connection: Connection, error: Exception) -> SshError:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return HostKeyMismatchError(
            connection.name,
            "another host key than the known one; if the machine was made anew, put its new key into the settings "
            f"(ssh-keyscan -p {connection.port} {connection.host}), else somebody is in between",
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        kind = connection.host_key.split(" ")[0]
        return HostKeyMismatchError(
            connection.name,
            f"it has no host key of the known kind {kind}; put one it has into the settings "
            f"(ssh-keyscan -p {connection.port} {connection.host})",
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return AuthenticationRefusedError(
            connection.name, f"it does not let {connection.user!r} in; check user, key or password, and authorized_keys"
        )
    way = f" through {connection.proxy.name}" if connection.proxy else ""
    return UnreachableError(
        connection.name,
        f"no SSH connection to port {connection.port}{way} ({_reason(error)}); check address, port, firewall and sshd",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_SECONDS} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
