"""One SSH connection to one node: what it is, whether it is as its documents say, and what the probe finds."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asyncssh import SSHClientConnection

from towpath.applier.bootstrap import check_command, discover_command, stdin
from towpath.applier.result import Result, parse_result
from towpath.doctor.answer import Answer, parse_answer
from towpath.doctor.probe import probe_command, probe_stdin
from towpath.doctor.questions import Questions
from towpath.ssh.connection import Connection
from towpath.ssh.session import connect, run_on


@dataclass(frozen=True)
class Visit:
    """The facts of one node. Times are this machine's clock, around the probe."""

    discovered: Result
    setup: Result
    """The check of the node's document; without steps if nothing was ever applied."""
    answer: Answer
    began_seconds: float
    ended_seconds: float
    containers: Mapping[str, Result] = field(default_factory=dict)
    """The checks of documents with containers, by id; empty if Docker does not run."""


@dataclass(frozen=True)
class Documents:
    """Ids of the documents that a node should have."""

    node: str
    containers: tuple[str, ...] = ()


async def visit(
    connection: Connection, documents: Documents, ask: Callable[[Result], Questions], timeout_seconds: float
) -> Visit:
    """Gather the facts; `ask` makes the questions from what was discovered.

    Raises SshError, ResultError, AnswerError, and what `ask` raises.
    """
    async with connect(connection) as client:
        session = _Session(client, connection, timeout_seconds)
        sudo = connection.sudo
        discovered = parse_result(await session.run(discover_command(sudo), stdin(None, sudo)))
        setup = await session.check(documents.node)
        # Asking Docker for a container would start a Docker that is stopped: its socket does so.
        containers = {each: await session.check(each) for each in documents.containers if _runs_docker(discovered)}
        questions = ask(discovered)
        began = time.time()
        answer = parse_answer(await session.run(probe_command(sudo), probe_stdin(questions, sudo)))
        return Visit(discovered, setup, answer, began, time.time(), containers)


@dataclass(frozen=True)
class _Session:
    client: SSHClientConnection
    connection: Connection
    timeout_seconds: float

    async def run(self, command: str, given: str) -> str:
        return (await run_on(self.client, self.connection, command, given, self.timeout_seconds)).stdout

    async def check(self, document_id: str) -> Result:
        sudo = self.connection.sudo
        return parse_result(await self.run(check_command(sudo, document_id), sudo.line))


def _runs_docker(discovered: Result) -> bool:
    return any(step.name == "docker" and step.outcome == "active" for step in discovered.of("runtime"))
