"""Visiting nodes: so many at once, so long each, and whatever goes wrong there stays there."""

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.unit.doctor_stack import KEY, connections
from towpath.applier.result import Result
from towpath.doctor import examination
from towpath.doctor.answer import AnswerError
from towpath.doctor.examination import Bounds, examine
from towpath.doctor.finding import State
from towpath.doctor.questions import Questions
from towpath.doctor.subject import Subject
from towpath.doctor.visit import Documents
from towpath.settings import load_settings
from towpath.ssh.connection import Connection


def subject(count: int, **of_last: object) -> Subject:
    members: dict[str, dict[str, object]] = {
        f"n{number}": {"address": f"10.0.0.{number}", "host_key": KEY} for number in range(1, count + 1)
    }
    members[f"n{count}"].update(of_last)
    raw = {"towpath:nodes": json.dumps({"members": members}), "towpath:accounts": json.dumps([{"name": "ci"}])}
    raw["towpath:registry"] = json.dumps({"node": "n1"})
    return Subject("dev", load_settings(raw))


async def test_nodes_are_visited_in_parallel_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0
    full = asyncio.Event()

    async def visiting(
        connection: Connection, documents: Documents, ask: Callable[[Result], Questions], timeout_seconds: float
    ) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 3:
            full.set()
        await full.wait()
        await asyncio.sleep(0)  # whoever else may begin does so before anybody ends
        running -= 1
        raise AnswerError("the machine's answer is broken; run it again")

    monkeypatch.setattr(examination, "visit", visiting)
    stack, told = subject(7), list[tuple[int, int]]()
    nodes = list(stack.settings.nodes.members)
    rows = await examine(stack, connections(stack), nodes, Bounds(3, 60), lambda *counts: told.append(counts))
    assert most == 3
    assert told == [(done, 7) for done in range(8)]
    assert [(row.node, row.finding.check, row.finding.state) for row in rows[1:]] == [
        (f"n{number}", "probe", State.FAIL) for number in range(1, 8)
    ]


async def test_a_node_that_does_not_end_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(examination, "visit", never)
    stack = subject(1)
    rows = await examine(stack, connections(stack), ["n1"], Bounds(3, 0.01), lambda *_: None)
    assert rows[-1].finding.check == "probe"
    assert "no end within 0.01 s" in rows[-1].finding.found


async def test_a_node_that_is_gone_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object) -> None:
        raise AssertionError("it was visited")

    monkeypatch.setattr(examination, "visit", refused)
    stack = subject(1, gone=True)
    rows = await examine(stack, connections(stack), ["n1"], Bounds(), lambda *_: None)
    assert (rows[-1].node, rows[-1].finding.state) == ("n1", State.SKIPPED)
