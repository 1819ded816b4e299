"""Try every machine's SSH before anything is touched, all at once."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from towpath.errors import SettingsError
from towpath.ssh.connection import Connection
from towpath.ssh.errors import SshError
from towpath.ssh.session import run

_TIMEOUT_SECONDS = 30


def start_preflight(connections: Mapping[str, Connection]) -> Future[None]:
    """Begin the preflight beside whatever else the caller does; the result raises as `preflight` does."""
    pool = ThreadPoolExecutor(1, "preflight")
    try:
        return pool.submit(preflight, connections)
    finally:
        pool.shutdown(wait=False)


def preflight(connections: Mapping[str, Connection]) -> None:
    """Log in to every machine and become root there. Changes nothing.

    Raises SettingsError with a finding for each machine that does not let us.
    """
    findings = asyncio.run(_try_all(connections))
    if findings:
        raise SettingsError(findings)


async def _try_all(connections: Mapping[str, Connection]) -> list[str]:
    tried = await asyncio.gather(*(_try(name, connection) for name, connection in connections.items()))
    return [finding for finding in tried if finding]


async def _try(name: str, connection: Connection) -> str | None:
    try:
        await run(connection, _become_root(connection), connection.sudo.line, _TIMEOUT_SECONDS)
    except SshError as error:
        return f"towpath:nodes.members.{name}.address = {connection.host!r}: {_reason(error)}"
    return None


def _reason(error: SshError) -> str:
    return str(error).removeprefix(f"{error.host}: ")


def _become_root(connection: Connection) -> str:
    sudo = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}[connection.sudo.kind]
    refused = "cannot become root; connect as root, or set nodes.ssh.sudo (and sudo_password)"
    return f"[ \"$({sudo}id -u)\" = 0 ] || {{ echo '{refused}' >&2; exit 1; }}"
