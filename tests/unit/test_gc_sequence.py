"""The steps of a collection, whatever fails: service comes back, and nothing is swept that could still be written."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from towpath.images.collection.report import CollectorError, CollectorReport, parse_report
from towpath.images.collection.sequence import THAW_ATTEMPTS, Outcome, State, Step, advance, run
from towpath.images.collection.summary import describe, foreseen

SOMETHING = CollectorReport(10, 3, 1)
NOTHING = CollectorReport(10, 0, 0)
HAPPY = [
    Step.RESOLVE,
    Step.DRY_RUN,
    Step.FREEZE,
    Step.REFUSES,
    Step.WEIGH_BEFORE,
    Step.COLLECT,
    Step.WEIGH_AFTER,
    Step.THAW,
    Step.TAKES,
    Step.VERIFY,
]


@dataclass
class Registry:
    """A registry that fails at the given turns of steps, and keeps a record."""

    failing: frozenset[tuple[Step, int]] = frozenset()
    report: CollectorReport = SOMETHING
    frozen: bool = False
    steps: list[Step] = field(default_factory=list)
    clock: float = 0.0

    def outcome(self, step: Step) -> Outcome:
        self.steps.append(step)
        self.clock += 1
        if step is Step.COLLECT:
            assert self.frozen, "a collection while writes are taken loses pushes"
        if (step, self.steps.count(step)) in self.failing:
            # A step that fails may have done its work all the same.
            self.frozen = self.frozen or step is Step.FREEZE
            return Outcome(self.clock, failure="broken")
        self.frozen = {Step.FREEZE: True, Step.THAW: False}.get(step, self.frozen)
        return Outcome(self.clock, report=self.report, storage_bytes=int(1000 - self.clock), down_seconds=0.5)

    async def perform(self, step: Step) -> Outcome:
        return self.outcome(step)


def ran(registry: Registry) -> State:
    return asyncio.run(run(State(), registry.perform, lambda: registry.clock))


def test_when_all_goes_well_every_step_is_done_once_in_order() -> None:
    registry = Registry()
    state = ran(registry)
    assert registry.steps == HAPPY
    assert state.succeeded
    assert state.swept == SOMETHING
    assert state.read_only_seconds == 6.0
    assert describe(state) == [
        "swept: 3 blobs, 1 manifests",
        "storage: 995 bytes before, 993 bytes after, 2 bytes freed",
        "read-only for 6.0 s, of which it was down for 5.0 s",
    ]


def test_what_a_dry_run_says_is_told() -> None:
    assert foreseen(State(eligible=SOMETHING)) == ["would sweep: 3 blobs, 1 manifests"]
    assert foreseen(State(eligible=NOTHING)) == ["nothing to free"]


def test_with_nothing_to_free_the_registry_is_not_touched() -> None:
    registry = Registry(report=NOTHING)
    state = ran(registry)
    assert registry.steps == [Step.RESOLVE, Step.DRY_RUN]
    assert state.succeeded
    assert describe(state) == ["nothing to free, the registry was not touched"]


@pytest.mark.parametrize("step", [Step.RESOLVE, Step.DRY_RUN])
def test_a_failure_before_touching_it_ends_there(step: Step) -> None:
    registry = Registry(frozenset({(step, 1)}))
    state = ran(registry)
    assert registry.steps[-1] is step
    assert not state.succeeded
    assert state.restored
    assert describe(state)[-1] == "nothing was touched"


@pytest.mark.parametrize("step", [Step.FREEZE, Step.REFUSES, Step.COLLECT])
def test_a_failure_after_touching_it_restores_and_verifies(step: Step) -> None:
    registry = Registry(frozenset({(step, 1)}))
    state = ran(registry)
    assert registry.steps[-3:] == [Step.THAW, Step.TAKES, Step.VERIFY]
    assert (Step.COLLECT in registry.steps) == (step is Step.COLLECT)
    assert state.restored
    assert not state.succeeded
    assert not registry.frozen


@pytest.mark.parametrize("step", [Step.WEIGH_BEFORE, Step.WEIGH_AFTER])
def test_a_scale_that_fails_is_noted_and_stops_nothing(step: Step) -> None:
    registry = Registry(frozenset({(step, 1)}))
    state = ran(registry)
    assert registry.steps == HAPPY
    assert state.succeeded
    assert any(line.startswith("note: ") for line in describe(state))


def test_a_registry_that_will_not_come_back_is_tried_a_few_times_and_then_told() -> None:
    registry = Registry(frozenset((Step.THAW, n) for n in range(1, 99)))
    state = ran(registry)
    assert registry.steps.count(Step.THAW) == THAW_ATTEMPTS
    assert not state.restored
    assert "may still be read-only" in " ".join(describe(state))


failing = st.frozensets(st.tuples(st.sampled_from(HAPPY), st.integers(1, THAW_ATTEMPTS)), max_size=8)


@given(failing, st.sampled_from([SOMETHING, NOTHING]))
@example(frozenset({(Step.WEIGH_AFTER, 1), *((Step.THAW, turn) for turn in range(1, THAW_ATTEMPTS + 1))}), SOMETHING)
def test_whatever_fails_it_ends_and_service_is_back_or_its_absence_is_told(
    fails: frozenset[tuple[Step, int]], report: CollectorReport
) -> None:
    registry = Registry(fails, report)
    state = State()
    for _ in range(50):
        if state.step is Step.DONE:
            break
        state = advance(state, registry.outcome(state.step))
    assert state.step is Step.DONE
    if Step.COLLECT in registry.steps:
        before = registry.steps[: registry.steps.index(Step.COLLECT)]
        assert (Step.REFUSES, 1) not in fails
        assert Step.REFUSES in before
    if state.restored:
        assert not registry.frozen
    else:
        assert registry.steps.count(Step.THAW) == THAW_ATTEMPTS
    assert state.succeeded == (not state.failures)
    assert describe(state)


@pytest.mark.parametrize("step", HAPPY)
async def test_a_cancellation_is_passed_on_only_after_the_registry_was_restored(step: Step) -> None:
    registry = Registry()

    async def perform(now: Step) -> Outcome:
        outcome = registry.outcome(now)
        if now is step and registry.steps.count(now) == 1:
            raise asyncio.CancelledError
        return outcome

    with pytest.raises(asyncio.CancelledError):
        await run(State(), perform, lambda: registry.clock)
    assert not registry.frozen
    if Step.FREEZE in registry.steps:
        assert registry.steps[-1] in (Step.TAKES, Step.VERIFY)


async def test_a_step_that_raises_has_failed_and_the_registry_is_restored() -> None:
    registry = Registry()

    async def perform(now: Step) -> Outcome:
        if now is Step.COLLECT:
            registry.steps.append(now)
            raise OSError("disk is full")
        return registry.outcome(now)

    state = await run(State(), perform, lambda: registry.clock)
    assert state.restored
    assert state.failures == ("mark and sweep: disk is full",)


OUTPUT = """team/app
team/app: marking manifest sha256:{a}{space}
team/app: marking blob sha256:{b}

12 blobs marked, 2 blobs and 1 manifests eligible for deletion
blob eligible for deletion: sha256:{a}
blob eligible for deletion: sha256:{b}
team/app: layer link eligible for deletion: sha256:{b}
"""


def test_the_collectors_output_is_read() -> None:
    report = parse_report(OUTPUT.format(a="a" * 64, b="b" * 64, space=" "))
    assert (report.blobs_marked, report.blobs_eligible, report.manifests_eligible) == (12, 2, 1)
    assert report.blobs == (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}")
    assert report.layer_links == 1
    assert not report.nothing_to_do
    assert parse_report("x\n\n5 blobs marked, 0 blobs and 0 manifests eligible for deletion\n").nothing_to_do


def test_a_collector_that_broke_off_is_named_with_the_repository_it_was_at() -> None:
    cut = OUTPUT.format(a="a", b="b", space="").partition("\n\n")[0] + "\nfailed to garbage collect: unexpected EOF\n"
    with pytest.raises(CollectorError, match=r"at repository team/app; it said last: .*unexpected EOF"):
        parse_report(cut)
    with pytest.raises(CollectorError, match="nothing"):
        parse_report("")


def test_a_storage_without_any_repository_has_nothing_to_free() -> None:
    text = "failed to garbage collect: failed to mark: filesystem: Path not found: /docker/registry/v2/repositories"
    assert parse_report(text).nothing_to_do


def test_a_repository_that_lost_its_layers_is_named_and_does_not_pass_for_an_empty_storage() -> None:
    text = (
        "team/app\nfailed to garbage collect: failed to mark: filesystem: "
        "Path not found: /docker/registry/v2/repositories/team/app/_layers"
    )
    with pytest.raises(CollectorError, match="at repository team/app"):
        parse_report(text)
