"""Try machines before anything is touched, all at once, beside whatever else the program does."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from towpath.errors import SettingsError
from towpath.settings.nodes import Nodes
from towpath.ssh.connection import Connection
from towpath.ssh.errors import SshError

T = TypeVar("T")

_ANSWER_SECONDS = 5
_RUN_SECONDS = 30


class Preflight:
    """Logs in to every node while previewing; finds the nodes that do not answer, where the roll-out wants to know.

    An update logs in to each node just once, for the roll-out itself; so it is not tried before.
    """

    def __init__(self, nodes: Nodes, connections: Mapping[str, Connection], *, dry_run: bool) -> None:
        """Begin. Nodes that are `gone` are left alone."""
        present = {name: each for name, each in connections.items() if not nodes.members[name].gone}
        self.unreachable: frozenset[str] = frozenset()
        """Nodes whose SSH port does not answer; empty unless `rollout.unreachable` is `continue`."""
        if nodes.rollout.unreachable == "continue":
            self.unreachable = _in_background(_silent(present)).result()
        answering = {name: each for name, each in present.items() if name not in self.unreachable}
        self._findings = _in_background(_refusing(answering)) if dry_run and nodes.preflight else None

    def check(self) -> None:
        """Wait for the end. Raises SettingsError with a finding for each machine that does not let us in."""
        if self._findings and (findings := self._findings.result()):
            raise SettingsError(findings)


def _in_background(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run on an event loop of its own: the program's own is busy with the engine."""
    pool = ThreadPoolExecutor(1, "preflight")
    try:
        return pool.submit(asyncio.run, work)
    finally:
        pool.shutdown(wait=False)


async def _silent(connections: Mapping[str, Connection]) -> frozenset[str]:
    answers = await asyncio.gather(*(_answers(each.proxy or each) for each in connections.values()))
    return frozenset(name for name, answer in zip(connections, answers, strict=True) if not answer)


async def _answers(connection: Connection) -> bool:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(connection.host, connection.port)
    except OSError:
        return False
    writer.close()
    return True


async def _refusing(connections: Mapping[str, Connection]) -> list[str]:
    tried = await asyncio.gather(*(_try(name, connection) for name, connection in connections.items()))
    return [finding for finding in tried if finding]


async def _try(name: str, connection: Connection) -> str | None:
    from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

    try:
        await run(connection, _become_root(connection), connection.sudo.line, _RUN_SECONDS)
    except SshError as error:
        return f"towpath:nodes.members.{name}.address = {connection.host!r}: {_reason(error)}"
    return None


def _reason(error: SshError) -> str:
    return str(error).removeprefix(f"{error.host}: ")


def _become_root(connection: Connection) -> str:
    sudo = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}[connection.sudo.kind]
    refused = "cannot become root; connect as root, or set nodes.ssh.sudo (and sudo_password)"
    return f"[ \"$({sudo}id -u)\" = 0 ] || {{ echo '{refused}' >&2; exit 1; }}"
