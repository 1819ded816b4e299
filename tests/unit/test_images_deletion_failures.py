"""Many deletions at once, of which some fail: what that ends, and what it does not."""

import asyncio

import httpx
import pytest

from tests.unit.deletion_run import IMAGES, filled, going, run
from tests.unit.scripted_registry import refusal
from tests.unit.slow_registry import SlowRegistry, image, index
from towpath.images.deletion.carry_out import carry_out
from towpath.images.deletion.saved_run import SavedManifest
from towpath.images.errors import SavedManifestsError


def deletions(registry: SlowRegistry) -> list[str]:
    return [asked for asked in registry.begun if asked.startswith("DELETE")]


@pytest.mark.parametrize("seed", range(5))
async def test_a_failure_ends_its_repository_and_no_other(seed: int) -> None:
    registry, steps = filled(seed)
    victim = f"DELETE c {next(step for step in steps if step.repository == 'c' and step.tags == ('3',)).digest}"
    registry.refuse = lambda asked: refusal(503) if asked == victim else None
    outcome = await run(registry, steps)
    [failure] = outcome.failures
    assert "503" in failure
    assert {step.repository for step in outcome.not_done} == {"c"}
    failed = registry.events.index(("answered", victim))
    begun_later = [asked for event, asked in registry.events[failed:] if event == "begun"]
    assert not [asked for asked in begun_later if asked.startswith("HEAD c")]
    assert [*outcome.deleted, *outcome.not_done] == [
        *(step for step in steps if step not in outcome.not_done),
        *(step for step in steps if step in outcome.not_done),
    ]
    assert {step.digest for step in outcome.not_done} == set(registry.manifests["c"]), "what was under way counts"


async def test_the_parts_of_an_index_that_cannot_be_deleted_stay() -> None:
    registry = SlowRegistry()
    part = registry.push("app", image("part"))
    top, other = registry.push("app", index(part), "1"), registry.push("app", image("other"), "2")
    registry.refuse = lambda asked: refusal(503) if asked == f"DELETE app {top.digest}" else None
    steps = [going("app", other, "2"), going("app", top, "1"), going("app", part)]
    outcome = await run(registry, steps)
    assert (outcome.deleted, outcome.not_done) == (steps[:1], steps[1:])
    assert part.digest in registry.manifests["app"]


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_what_all_would_be_refused_is_asked_once(status: int) -> None:
    registry, steps = filled()
    registry.refuse = lambda asked: refusal(status) if asked.startswith("DELETE") else None
    outcome = await run(registry, steps)
    assert len(deletions(registry)) == len(outcome.failures) == 1
    assert outcome.not_done == steps
    assert not [asked for asked in registry.begun if asked.split()[1] != "a"]


@pytest.mark.parametrize("status", [401, 403, 405])
@pytest.mark.parametrize("case", ["gone already", "moved", "unreadable"])
async def test_it_is_asked_once_too_where_the_first_to_go_does_not(case: str, status: int) -> None:
    registry, steps = filled()
    if case == "gone already":
        registry.manifests["a"].clear()
        registry.tags["a"].clear()
    moved = iter([True])

    def refuse(asked: str) -> httpx.Response | None:
        if asked.startswith("DELETE"):
            return refusal(status)
        if case == "unreadable" and asked == "GET a list":
            return refusal(503)
        if case == "moved" and asked == "HEAD a 0" and next(moved, False):
            registry.tags["a"]["0"] = registry.tags["a"]["1"]
        return None

    registry.refuse = refuse
    outcome = await run(registry, steps)

    assert len(deletions(registry)) == 1
    assert not outcome.deleted


@pytest.mark.parametrize("refused", ["GET a 3", "GET a list", None], ids=["skipped", "failed", "gone already"])
async def test_a_first_repository_of_which_nothing_goes_holds_up_no_other(refused: str | None) -> None:
    registry, steps = filled()
    registry.refuse = lambda asked: refusal(503) if asked == refused else None
    if refused is None:
        registry.manifests["a"], registry.tags["a"] = {}, {}
    outcome = await asyncio.wait_for(run(registry, steps), 10)
    assert outcome.deleted == steps[IMAGES:]
    assert len(outcome.gone) + len(outcome.skipped) + len(outcome.not_done) == IMAGES


@pytest.mark.parametrize("seed", range(5))
async def test_what_all_would_be_refused_half_way_ends_it(seed: int) -> None:
    registry, steps = filled(seed)
    answered: list[str] = []

    def refuse(asked: str) -> object:
        if asked.startswith("DELETE"):
            answered.append(asked)
        return refusal(401) if len(answered) > 20 and asked.startswith("DELETE") else None

    registry.refuse = refuse  # type: ignore[assignment]
    outcome = await run(registry, steps)
    assert len(outcome.deleted) == 20
    assert 1 <= len(outcome.failures) <= 8
    refused = registry.events.index(("answered", answered[20]))
    assert not [asked for event, asked in registry.events[refused:] if event == "begun" and asked.startswith("HEAD")]
    assert sorted([*outcome.deleted, *outcome.not_done], key=steps.index) == steps


async def test_what_cannot_be_saved_does_not_go_and_ends_it() -> None:
    registry, steps = filled()

    def save(manifests: tuple[SavedManifest, ...]) -> None:
        if manifests[0].repository == "b":
            raise SavedManifestsError("no space left on device")

    async with registry.session() as session:
        outcome = await carry_out(session, steps, save)
    assert outcome.failures == ["no space left on device"]
    assert {step.repository for step in outcome.deleted} == {"a"}
    assert len(outcome.deleted) + len(outcome.not_done) == len(steps)
    assert len(registry.manifests["b"]) == IMAGES


async def test_what_nobody_expects_is_not_swallowed() -> None:
    registry, steps = filled()

    def break_down(asked: str) -> None:
        if asked.startswith("DELETE c"):
            raise ZeroDivisionError

    registry.before = break_down
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(run(registry, steps), 10)
