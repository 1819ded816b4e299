"""Getting an SSH connection: attempts, the way over a bastion, host keys, credentials, and what each failure means."""

import asyncio
import contextlib
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncssh
from asyncssh.public_key import get_default_public_key_algs

from engine.plugins.command import credentials
from engine.plugins.command.connection import UNLIMITED, Connection, Endpoint
from engine.plugins.command.errors import (
    AuthenticationRefusedError,
    CommandPluginError,
    HostKeyMismatchError,
    UnreachableError,
)

FIRST_DELAY_SECONDS = 0.1
DELAY_FACTOR = 1.5
LONGEST_DELAY_SECONDS = 5.0
"""Delays between attempts, as the official plugin's (pulumi/sdk, `retry` package)."""

KEEPALIVE_SECONDS = 15
KEEPALIVES_MISSED = 4
"""A peer that is silent for a minute is taken for dead."""

HANDSHAKES_AT_ONCE = 8
"""sshd drops unauthenticated connections at random from the tenth on (sshd_config(5), MaxStartups 10:30:100)."""

_handshakes: weakref.WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = weakref.WeakValueDictionary()

Report = Callable[[str], None]


class _Client(asyncssh.SSHClient):
    """Notes the host key that was refused, and answers any prompt with the password, as the official plugin does."""

    def __init__(self, password: str | None) -> None:
        self._password = password
        self.refused_key: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.refused_key = key
        return False

    def kbdint_auth_requested(self) -> str | None:
        return None if self._password is None else ""

    def kbdint_challenge_received(
        self,
        name: str,  # noqa: ARG002
        instructions: str,  # noqa: ARG002
        lang: str,  # noqa: ARG002
        prompts: Sequence[tuple[str, bool]],
    ) -> list[str] | None:
        return None if self._password is None else [self._password] * len(prompts)


@contextlib.asynccontextmanager
async def dialled(connection: Connection, report: Report) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Hold an SSH connection to the target open, over the bastion if there is one. `report` is told of failed attempts.

    Raises `UnreachableError`, `AuthenticationRefusedError`, `HostKeyMismatchError`, `CredentialError`.
    """
    async with contextlib.AsyncExitStack() as stack:
        tunnel = None
        if connection.bastion is not None:
            tunnel = await stack.enter_async_context(_closing(await _dial(connection.bastion, None, report)))
        yield await stack.enter_async_context(_closing(await _dial(connection.target, tunnel, report)))


@contextlib.asynccontextmanager
async def _closing(connection: asyncssh.SSHClientConnection) -> AsyncIterator[asyncssh.SSHClientConnection]:
    try:
        yield connection
    finally:
        # Not waited for: a dead peer would hold up the result for as long as its keepalive.
        connection.close()


async def _dial(
    endpoint: Endpoint, tunnel: asyncssh.SSHClientConnection | None, report: Report
) -> asyncssh.SSHClientConnection:
    gate = _handshakes.setdefault((endpoint.host, endpoint.port), asyncio.Semaphore(HANDSHAKES_AT_ONCE))
    async with credentials.agent_keys(endpoint) as agent_keys:
        options = _options(endpoint, agent_keys)
        failures = 0
        while True:
            try:
                async with gate:
                    return await _attempt(endpoint, tunnel, options)
            except (OSError, asyncssh.Error) as error:
                failures += 1
                limit = endpoint.dial_error_limit
                if limit != UNLIMITED and failures > limit:
                    raise _unreachable(endpoint, tunnel, failures, error) from error
                of = "inf" if limit == UNLIMITED else limit
                await asyncio.to_thread(report, f"Dial {endpoint.label} {failures}/{of} failed: retrying")
            await asyncio.sleep(min(FIRST_DELAY_SECONDS * DELAY_FACTOR ** (failures - 1), LONGEST_DELAY_SECONDS))


def _options(endpoint: Endpoint, agent_keys: list[asyncssh.SSHKeyPair]) -> dict[str, Any]:
    own_key = credentials.private_key(endpoint)
    expected = credentials.host_key(endpoint)
    keys = [*([own_key] if own_key else []), *agent_keys]
    return {
        "host": endpoint.host,
        "port": endpoint.port,
        "username": endpoint.user,
        "password": endpoint.password,
        # None keeps the keys in the user's home out; the agent's keys are in the list already, behind the one given.
        "client_keys": keys or None,
        "agent_path": None,
        "known_hosts": None if expected is None else ([expected], [], []),
        "server_host_key_algs": _host_key_algorithms(expected),
        "config": None,
        "preferred_auth": ("publickey", "password", "keyboard-interactive"),
        "connect_timeout": endpoint.per_dial_timeout_seconds or None,
        "keepalive_interval": KEEPALIVE_SECONDS,
        "keepalive_count_max": KEEPALIVES_MISSED,
    }


def _host_key_algorithms(expected: asyncssh.SSHKey | None) -> list[str]:
    """All usual ones, those of the expected key first, so that a server with several keys shows that one."""
    usual = [name.decode() for name in get_default_public_key_algs()]
    preferred = {name.decode() for name in expected.sig_algorithms} if expected else set()
    return sorted(usual, key=lambda name: name not in preferred)


async def _attempt(
    endpoint: Endpoint, tunnel: asyncssh.SSHClientConnection | None, options: dict[str, Any]
) -> asyncssh.SSHClientConnection:
    client = _Client(endpoint.password)
    try:
        return await asyncssh.connect(**options, tunnel=tunnel or (), client_factory=lambda: client)
    except asyncssh.PermissionDenied as error:
        raise AuthenticationRefusedError(
            f"{endpoint.label}: the server refuses the credentials ({_offered(endpoint)}); check the user name "
            "and that the key is in that user's authorized_keys"
        ) from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise _mismatch(endpoint, client.refused_key) from error
    except asyncssh.KeyExchangeFailed as error:
        if endpoint.host_key is not None and "host key" in error.reason.lower():
            raise _mismatch(endpoint, None) from error
        raise UnreachableError(f"{endpoint.label}: no common algorithm with the server: {error.reason}") from error


def _offered(endpoint: Endpoint) -> str:
    kinds = {"private key": endpoint.private_key, "password": endpoint.password}
    return ", ".join(kind for kind, value in kinds.items() if value) or "neither privateKey nor password is set"


def _mismatch(endpoint: Endpoint, shown: asyncssh.SSHKey | None) -> CommandPluginError:
    expected = credentials.host_key(endpoint)
    wanted = f"{expected.get_algorithm()} {expected.get_fingerprint()}" if expected else "no host key"
    found = f"{shown.get_algorithm()} {shown.get_fingerprint()}" if shown else "no key of that type"
    return HostKeyMismatchError(
        f"{endpoint.label}: host key mismatch: expected {wanted}, the server shows {found}. If the host was "
        "reinstalled, set hostKey to the new key after checking it on the host (/etc/ssh/ssh_host_*_key.pub); else "
        "someone may be in between"
    )


def _unreachable(
    endpoint: Endpoint, tunnel: asyncssh.SSHClientConnection | None, failures: int, error: Exception
) -> CommandPluginError:
    way = "from the bastion " if tunnel else ""
    reason = error.reason if isinstance(error, asyncssh.Error) else str(error) or "no answer in time (perDialTimeout)"
    attempts = "1 failed attempt" if failures == 1 else f"{failures} failed attempts"
    return UnreachableError(
        f"{endpoint.label}: cannot connect {way}after {attempts}: {reason}; check that the host is up, that sshd "
        f"listens on port {endpoint.port} and that no firewall is in between"
    )
