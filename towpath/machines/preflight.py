"""Try machines before anything is touched, all at once, beside whatever else the program does."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from towpath.applier.bootstrap import discover_command, stdin
from towpath.applier.errors import ResultError
from towpath.applier.result import parse_result
from towpath.errors import SettingsError
from towpath.machines.rehearsal import PLACEHOLDER_PEM
from towpath.machines.wishes import node_wish
from towpath.nodes.errors import NodeError
from towpath.nodes.facts import check_wish, facts_of
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection
from towpath.ssh.errors import SshError

T = TypeVar("T")

_ANSWER_SECONDS = 5
_RUN_SECONDS = 30


class Preflight:
    """Logs in to every node while previewing; finds the nodes that do not answer, where the roll-out wants to know.

    An update logs in to each node just once, for the roll-out itself; so it is not tried before.
    """

    def __init__(self, settings: Settings, connections: Mapping[str, Connection], *, dry_run: bool) -> None:
        """Begin. Nodes that are `gone` are left alone."""
        nodes = settings.nodes
        present = {name: each for name, each in connections.items() if not nodes.members[name].gone}
        self.unreachable: frozenset[str] = frozenset()
        """Nodes whose SSH port does not answer; empty unless `rollout.unreachable` is `continue`."""
        if nodes.rollout.unreachable == "continue":
            self.unreachable = _in_background(_silent(present)).result()
        answering = {name: each for name, each in present.items() if name not in self.unreachable}
        self._findings = _in_background(_refusing(settings, answering)) if dry_run and nodes.preflight else None

    def check(self) -> None:
        """Wait for the end. Raises SettingsError with a finding for each machine that cannot be set up."""
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
    answers = await asyncio.gather(*(_answers(each) for each in connections.values()))
    return frozenset(name for name, answer in zip(connections, answers, strict=True) if not answer)


async def _answers(connection: Connection) -> bool:
    """Whether the SSH port takes a connection, asked from the bastion where there is one."""
    from towpath.ssh.session import reaches  # noqa: PLC0415 the SSH library takes a third of a second to import

    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            if connection.proxy:
                return await reaches(connection.proxy, connection.host, connection.port)
            _, writer = await asyncio.open_connection(connection.host, connection.port)
    except (OSError, SshError):
        return False
    writer.close()
    return True


async def _refusing(settings: Settings, connections: Mapping[str, Connection]) -> list[str]:
    tried = await asyncio.gather(*(_try(settings, name, each) for name, each in connections.items()))
    return [finding for finding in tried if finding]


async def _try(settings: Settings, name: str, connection: Connection) -> str | None:
    """Become root and see whether the machine's software knows what it is to be told."""
    from towpath.ssh.session import connect, run_on  # noqa: PLC0415 as above

    key = f"towpath:nodes.members.{name}"
    sudo = connection.sudo
    try:
        async with connect(connection) as client:
            await run_on(client, connection, _become_root(connection), sudo.line, _RUN_SECONDS)
            found = await run_on(client, connection, discover_command(sudo), stdin(None, sudo), _RUN_SECONDS)
        check_wish(facts_of(parse_result(found.stdout)), node_wish(settings, name, PLACEHOLDER_PEM))
    except SshError as error:
        return f"{key}.address = {connection.host!r}: {str(error).removeprefix(f'{error.host}: ')}"
    except (NodeError, ResultError) as error:
        return f"{key}: {error}"
    return None


def _become_root(connection: Connection) -> str:
    sudo = {"none": "", "passwordless": "sudo -n ", "password": "sudo -S -p '' "}[connection.sudo.kind]
    refused = "cannot become root; connect as root, or set nodes.ssh.sudo (and sudo_password)"
    return f"[ \"$({sudo}id -u)\" = 0 ] || {{ echo '{refused}' >&2; exit 1; }}"
