"""The steps of a collection as a state machine: which comes next, whatever the last one came to.

Whatever fails after the registry was touched, the next step is to restore it; a collection starts only after a write
was seen to be refused. Who performs the steps, on a container or a Deployment, is another's business.

    RESOLVE → DRY_RUN ─┬─ nothing to free → DONE, the registry was not touched
                       └→ FREEZE → REFUSES → WEIGH_BEFORE → COLLECT → WEIGH_AFTER → THAW → TAKES → VERIFY → DONE
                             └────────┴──────────────┴─────────┴────────────┴────────↑ on failure
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from towpath.images.collection.report import CollectorReport

THAW_ATTEMPTS = 3


class Step(StrEnum):
    """What is to be done next."""

    RESOLVE = "resolve every kept tag"
    DRY_RUN = "ask the collector what it would free"
    FREEZE = "put the registry into read-only mode"
    REFUSES = "see that a write is refused"
    WEIGH_BEFORE = "measure the storage"
    COLLECT = "mark and sweep"
    WEIGH_AFTER = "measure the storage again"
    THAW = "take writes again, with empty caches"
    TAKES = "push and pull a canary"
    VERIFY = "resolve every kept tag again, with its blobs"
    DONE = "done"


_NEXT = {
    Step.RESOLVE: Step.DRY_RUN,
    Step.DRY_RUN: Step.FREEZE,
    Step.FREEZE: Step.REFUSES,
    Step.REFUSES: Step.WEIGH_BEFORE,
    Step.WEIGH_BEFORE: Step.COLLECT,
    Step.COLLECT: Step.WEIGH_AFTER,
    Step.WEIGH_AFTER: Step.THAW,
    Step.THAW: Step.TAKES,
    Step.TAKES: Step.VERIFY,
    Step.VERIFY: Step.DONE,
}
_UNTOUCHED = frozenset({Step.RESOLVE, Step.DRY_RUN})
_WEIGHING = frozenset({Step.WEIGH_BEFORE, Step.WEIGH_AFTER})
_RESTORING = frozenset({Step.THAW, Step.TAKES})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to. `failure` is None if it went well; `at_seconds` is when it ended, on any steady clock.

    `report`: of DRY_RUN and COLLECT. `storage_bytes`: of the two weighings. `down_seconds`: of FREEZE and THAW.
    """

    at_seconds: float
    failure: str | None = None
    report: CollectorReport | None = None
    storage_bytes: int | None = None
    down_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """A collection so far. `step` is what to do next."""

    step: Step = Step.RESOLVE
    failures: tuple[str, ...] = ()
    touched: bool = False
    restored: bool = True
    thaw_attempts: int = 0
    eligible: CollectorReport | None = None
    swept: CollectorReport | None = None
    before_bytes: int | None = None
    after_bytes: int | None = None
    down_seconds: float = 0.0
    frozen_at_seconds: float | None = None
    read_only_seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def succeeded(self) -> bool:
        """Whether it is done and nothing failed."""
        return self.step is Step.DONE and not self.failures


def advance(state: State, outcome: Outcome) -> State:
    """Return the state after `state.step` came to `outcome`."""
    taken = _recorded(state, outcome)
    if outcome.failure is None:
        return _after_success(taken, outcome)
    if state.step in _WEIGHING:
        # What storage weighs is told, no more: all goes on as if it were known.
        return _after_success(replace(taken, notes=(*taken.notes, f"{state.step}: {outcome.failure}")), outcome)
    failed = replace(taken, failures=(*taken.failures, f"{state.step}: {outcome.failure}"))
    if state.step in _UNTOUCHED or state.step is Step.VERIFY:
        return replace(failed, step=Step.DONE)
    if state.step in _RESTORING and state.thaw_attempts >= THAW_ATTEMPTS:
        return replace(failed, step=Step.DONE, restored=False)
    return _thawing(failed)


async def run(state: State, perform: Callable[[Step], Awaitable[Outcome]], clock: Callable[[], float]) -> State:
    """Perform steps until done. A step that raises has failed; a cancellation is raised again after the restoring."""
    cancelled: BaseException | None = None
    while state.step is not Step.DONE:
        try:
            outcome = await perform(state.step)
        except asyncio.CancelledError as error:
            cancelled = error
            outcome = Outcome(clock(), failure="it was interrupted")
        except Exception as error:  # noqa: BLE001  # whatever happened, the registry has to be restored
            outcome = Outcome(clock(), failure=str(error) or type(error).__name__)
        state = advance(state, outcome)
        if cancelled and state.step is Step.VERIFY:
            break
    if cancelled:
        raise cancelled
    return state


def _recorded(state: State, outcome: Outcome) -> State:
    began = outcome.at_seconds if state.step is Step.FREEZE else state.frozen_at_seconds
    return replace(
        state,
        down_seconds=state.down_seconds + outcome.down_seconds,
        frozen_at_seconds=began,
        touched=state.touched or state.step is Step.FREEZE,
        restored=state.restored and state.step is not Step.FREEZE,
        eligible=outcome.report if state.step is Step.DRY_RUN else state.eligible,
        swept=outcome.report if state.step is Step.COLLECT else state.swept,
        before_bytes=outcome.storage_bytes if state.step is Step.WEIGH_BEFORE else state.before_bytes,
        after_bytes=outcome.storage_bytes if state.step is Step.WEIGH_AFTER else state.after_bytes,
    )


def _after_success(state: State, outcome: Outcome) -> State:
    if state.step is Step.DRY_RUN and outcome.report is not None and outcome.report.nothing_to_do:
        return replace(state, step=Step.DONE)
    if state.step is Step.WEIGH_AFTER:
        return _thawing(state)
    if state.step is Step.TAKES:
        since = state.frozen_at_seconds
        seconds = outcome.at_seconds - since if since is not None else 0.0
        return replace(state, step=Step.VERIFY, restored=True, read_only_seconds=seconds)
    return replace(state, step=_NEXT[state.step])


def _thawing(state: State) -> State:
    return replace(state, step=Step.THAW, thaw_attempts=state.thaw_attempts + 1)
