"""A conversation with a program on a machine: answers, refusals, and what never comes."""

import asyncio
from typing import Any, cast

import pytest

from towpath.ssh.dialogue import Dialogue, RefusedError
from towpath.ssh.errors import ConnectionLostError


class Program:
    """Stands for the process: what it will print, line by line, and what it was asked."""

    def __init__(self, *lines: str) -> None:
        self.stdin = self.stdout = self.stderr = self
        self.lines = list(lines)
        self.asked: list[str] = []

    def write(self, line: str) -> None:
        self.asked.append(line)

    async def drain(self) -> None:
        """Nothing is held back."""

    async def readline(self) -> str:
        if self.lines and self.lines[0] == "silence":
            self.lines.pop(0)
            await asyncio.sleep(3600)
        return f"{self.lines.pop(0)}\n" if self.lines else ""

    async def read(self) -> str:
        return "sh: no such thing\n"


def talk(*lines: str) -> Dialogue:
    return Dialogue("node-1", cast("Any", Program(*lines)))


async def test_an_answer_is_its_text_and_value_without_the_machines_own_words() -> None:
    open_talk = talk("Welcome to node-1", "| first", "| ok second", "ok 42", "ok ")
    reply = await open_talk.ask("weigh", 5)
    assert (reply.text, reply.value) == ("first\nok second", "42")
    assert (await open_talk.ask("thaw", 5)).value == ""


async def test_a_refusal_is_told_with_what_was_said_before_it_and_the_talk_goes_on() -> None:
    open_talk = talk("| no space left", "failed it cannot write", "ok ")
    with pytest.raises(RefusedError, match="node-1: it cannot write: no space left"):
        await open_talk.ask("freeze", 5)
    assert (await open_talk.ask("thaw", 5)).value == ""


async def test_a_program_that_ends_is_told_with_its_last_words() -> None:
    with pytest.raises(ConnectionLostError, match="no such thing"):
        await talk("| half").ask("collect", 5)


async def test_a_late_answer_is_not_taken_for_that_to_the_next_question() -> None:
    open_talk = talk("silence", "ok swept", "ok thawed")
    with pytest.raises(ConnectionLostError, match="no answer within"):
        await open_talk.ask("collect", 0.01)
    with pytest.raises(ConnectionLostError, match="no answer yet"):
        await open_talk.ask("thaw", 5)
