"""How long a registry was silent while it was started anew, by a clock of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from towpath.images.collection import silence
from towpath.images.collection.errors import CollectionError
from towpath.images.collection.performer import Performer
from towpath.images.collection.silence import silent_seconds
from towpath.registry_client.errors import ProtocolError, ServerFailedError, UnauthorizedError


class Registry:
    """Answers as it is told, a sign a question; a question takes a second of its clock. The work ends after some."""

    def __init__(self, answers: str, questions: int = 1) -> None:
        self._answers = iter(answers)
        self._questions = questions
        self._enough = asyncio.Event()
        self.seconds = 0.0

    def clock(self) -> float:
        return self.seconds

    async def ask(self) -> str | None:
        self.seconds += 1
        if self.seconds >= self._questions:
            self._enough.set()
        return "refused" if next(self._answers) == "-" else None

    async def work(self) -> None:
        await self._enough.wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "POLL_SECONDS", 0)


@pytest.mark.parametrize(
    ("answers", "questions", "seconds"),
    [
        ("+++++", 2, 0.0),  # pods that are replaced one by one
        ("+---+", 5, 4.0),  # from the first question without an answer to the next answer
        ("+-+--+", 6, 5.0),
        ("+++---+", 3, 4.0),  # it comes up only after the work
    ],
)
async def test_only_silence_counts(answers: str, questions: int, seconds: float) -> None:
    registry = Registry(answers + "+++", questions)
    assert await silent_seconds(registry.work(), registry.ask, registry.clock) == seconds


async def test_silence_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "ANSWER_SECONDS", 3)
    registry = Registry("-" * 100, 20)
    with pytest.raises(CollectionError, match="has not answered for 3 s since it was started anew: refused"):
        await silent_seconds(registry.work(), registry.ask, registry.clock)
    assert registry.seconds > 20


async def test_work_that_fails_is_that_failure_however_silent_the_registry_is() -> None:
    async def fail() -> None:
        raise CollectionError("nothing works")

    registry = Registry("-" * 100)
    with pytest.raises(CollectionError, match="nothing works"):
        await silent_seconds(fail(), registry.ask, registry.clock)


async def test_an_interruption_ends_the_work() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    registry = Registry("+" * 100_000)
    task = asyncio.create_task(silent_seconds(work(), registry.ask, registry.clock))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (UnauthorizedError("r:5000", "asking", "401"), None),
        (ProtocolError("r:5000", "asking", "404, but not from a registry"), "not from a registry"),
        (ServerFailedError("r:5000", "asking", "503"), "503"),
        (None, None),
    ],
)
async def test_what_stands_before_a_registry_answers_not_for_it(answer: Exception | None, reason: str | None) -> None:
    class Session:
        async def send(self, _: object) -> None:
            if answer:
                raise answer

    class Access:
        @asynccontextmanager
        async def session(self, *_: object) -> AsyncIterator[Session]:
            yield Session()

    performer = Performer(None, Access(), "towpath/canary", print)  # type: ignore[arg-type]
    said = await performer._no_answer()
    assert said is None if reason is None else reason in (said or "")
