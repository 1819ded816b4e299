"""Gather the facts, nodes in parallel and a bounded number of them, and have them judged."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from towpath.doctor.checks import access
from towpath.doctor.diagnosis import Facts, diagnose, left_alone
from towpath.doctor.finding import Finding, Row
from towpath.doctor.inquiry import questions_for
from towpath.doctor.outside import Outside, look_from_here
from towpath.doctor.subject import Subject
from towpath.doctor.visit import Documents, Visit, visit
from towpath.errors import TowpathError
from towpath.nodes.errors import NodeError
from towpath.ssh.connection import Connection

OnProgress = Callable[[int, int], None]
"""Takes how many of how many nodes are done."""


@dataclass(frozen=True)
class Bounds:
    """How much at once, and how long a node may take in all."""

    concurrency: int = 16
    timeout_seconds: float = 60


class UnknownNodeError(TowpathError):
    """A node was named that the stack does not have."""


def chosen_nodes(subject: Subject, wanted: Sequence[str]) -> list[str]:
    """Return the nodes to look at, in the settings' order; all of them if none is named. Raises UnknownNodeError."""
    members = subject.settings.nodes.members
    if unknown := [name for name in wanted if name not in members]:
        raise UnknownNodeError(f"{', '.join(unknown)}: no node of {subject.stack}; it has {', '.join(members)}")
    return [name for name in members if not wanted or name in wanted]


async def examine(
    subject: Subject,
    connections: Mapping[str, Connection],
    nodes: Sequence[str],
    bounds: Bounds,
    on_progress: OnProgress,
) -> list[Row]:
    """Look at the stack from here and at each of `nodes`, and judge. Raises NodeError, see `diagnose`."""
    gone = [name for name in nodes if subject.settings.nodes.members[name].gone]
    present = [name for name in nodes if name not in gone]
    begun = dt.datetime.now(dt.UTC)
    turn = asyncio.Semaphore(bounds.concurrency)
    done = 0

    async def in_turn(name: str) -> Visit | Finding:
        nonlocal done
        async with turn:
            found = await _visited(subject, name, connections[name], bounds.timeout_seconds)
        done += 1
        on_progress(done, len(present))
        return found

    on_progress(0, len(present))
    outside, visits = await asyncio.gather(_from_here(subject), _all(in_turn(name) for name in present))
    facts = Facts(outside, dict(zip(present, visits, strict=True)), begun)
    return [*diagnose(subject, connections, facts), *map(left_alone, gone)]


async def _from_here(subject: Subject) -> Outside | None:
    return await look_from_here(subject, subject.endpoint) if subject.endpoint else None


async def _all(visits: Iterable[Awaitable[Visit | Finding]]) -> list[Visit | Finding]:
    return list(await asyncio.gather(*visits))


async def _visited(subject: Subject, name: str, connection: Connection, timeout_seconds: float) -> Visit | Finding:
    holds_registry = name == subject.settings.registry_node and subject.endpoint is not None
    documents = Documents(subject.node_document(name), tuple(subject.container_documents()) if holds_registry else ())
    ask = partial(questions_for, subject, name)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await visit(connection, documents, ask, timeout_seconds)
    except NodeError:
        raise
    except TowpathError as error:
        return access.kept_out(error)
    except TimeoutError:
        return access.out_of_time(timeout_seconds)
